// Counts how TLS went on the way to other domains, until the store has it. RFC 8460 §4.3.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/tls_results.h"

namespace server::queue {

// The result type (RFC 8460 §4.3) for why a session has no TLS, or none that can be trusted, as OpenSSL or smtp::Client
// has said it.
std::string_view result_type_of(std::string_view reason);

// Used on one thread.
class TlsResults {
  public:
    struct Kind {
        std::string domain;
        std::string policy_type;
        std::string result_type;
        std::string mx_host;
        auto operator<=>(const Kind&) const = default;
    };

    // begun: called at the first session after take().
    explicit TlsResults(std::function<void()> begun = {}) : begun_(std::move(begun)) {}

    // One session more, at this time (Unix seconds).
    void count(Kind kind, std::int64_t now);
    // What has been counted; it begins anew.
    std::vector<storage::TlsResult> take();

  private:
    const std::function<void()> begun_;
    std::map<std::pair<std::int64_t, Kind>, std::int64_t> counts_;  // by day
};

}  // namespace server::queue
