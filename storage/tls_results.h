// How TLS went on the way to other domains, counted by day: for reports to them (RFC 8460 §4). server/queue counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/query.h"

namespace storage {

struct TlsResult {
    std::int64_t day = 0;     // since 1970-01-01, UTC
    std::string domain;       // the policy domain: whose mail it was
    std::string policy_type;  // "tlsa", "sts" or "no-policy-found" (RFC 8460 §4.2)
    std::string result_type;  // one of RFC 8460 §4.3; "success"
    std::string mx_host;      // empty: before any was spoken to
    std::int64_t sessions = 0;
};

// So many rows of one day.
constexpr std::uint32_t most_tls_results = 100'000;

// Adds to what was counted. Forgets days before `oldest_day`.
Operation<std::monostate> count_tls_results(std::vector<TlsResult> results, std::int64_t oldest_day);
// Of one day and domain, or of all domains (empty).
Query<std::vector<TlsResult>> tls_results_of(std::int64_t day, std::string domain);

}  // namespace storage
