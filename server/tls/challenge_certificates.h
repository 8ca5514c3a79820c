// Certificates that answer an ACME server's question whether a name is ours: TLS-ALPN-01 (RFC 8737 §3). server/acme
// puts them in for the time of a challenge, every TLS port shows them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/locking/mutex.h"
#include "protocols/net/tls.h"

namespace server::tls {

// By name, in lower case. Thread-safe.
class ChallengeCertificates {
  public:
    using ByName = std::map<std::string, net::Certificate, std::less<>>;

    // In place of all that were there.
    void set(ByName certificates) {
        const locking::Lock lock(mutex_);
        certificates_.swap(certificates);
    }
    std::optional<net::Certificate> find(std::string_view name) const {
        const locking::Lock lock(mutex_);
        const auto found = certificates_.find(name);
        return found == certificates_.end() ? std::nullopt : std::optional(found->second);
    }

  private:
    mutable locking::Mutex mutex_;
    ByName certificates_ GUARDED_BY(mutex_);
};

}  // namespace server::tls
