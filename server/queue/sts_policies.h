// MTA-STS policies of other domains: asked for in the DNS, fetched by HTTPS, kept in the store. RFC 8461 §3, §5.1.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "protocols/dns/resolver.h"
#include "protocols/https/fetcher.h"
#include "protocols/services/event_log.h"
#include "protocols/sts/policy.h"
#include "server/queue/outbound_options.h"
#include "server/queue/tls_results.h"
#include "storage/store.h"
#include "storage/sts_policies.h"

namespace server::queue {

// Used on one thread.
class StsPolicies {
  public:
    using Options = std::shared_ptr<const OutboundOptions>;

    // fetcher: nullptr: no policies.
    StsPolicies(dns::Resolver& resolver, https::Fetcher* fetcher, storage::Store& store, services::EventLog& log,
                TlsResults& results, std::function<std::int64_t()> now);

    // What holds for mail to the domain (A-labels) now: one that was fetched and has not expired, whatever its host and
    // the DNS say meanwhile. A new one is fetched when the DNS names another one, and in time before the old one
    // expires; if that fails, it is tried again after some minutes.
    asio::awaitable<std::optional<sts::Policy>> policy_of(dns::Party party, std::string domain, Options options);

    // Whether the domain (A-labels) has one that could not be fetched lately.
    bool is_out_of_reach(const std::string& domain) const;

  private:
    asio::awaitable<std::optional<std::string>> look_up_id(dns::Party party, std::string domain);
    asio::awaitable<std::optional<sts::Policy>> renew(dns::Party party, std::string domain, std::string id,
                                                      Options options);
    asio::awaitable<https::Outcome> fetch(dns::Party party, std::string domain, Options options);
    void failed(const std::string& domain, const std::string& result_type, const std::string& why);

    dns::Resolver& resolver_;
    https::Fetcher* const fetcher_;
    storage::Store& store_;
    services::EventLog& log_;
    TlsResults& results_;
    const std::function<std::int64_t()> now_;
    std::map<std::string, std::int64_t> failed_;  // domains whose policy could not be fetched: when to try again
};

}  // namespace server::queue
