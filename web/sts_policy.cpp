// Our MTA-STS policy, for each of our domains on a host of its own. RFC 8461 §3.3. What it says: sts::own_policy.
#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"
#include "protocols/sts/policy.h"
#include "storage/store_await.h"
#include "web/routes.h"

namespace web {
namespace {

constexpr std::string_view policy_host = "mta-sts.";

// The domain whose policy host is asked, or empty.
std::string domain_asked(std::string_view host) {
    const std::string name = base::lower(host.substr(0, host.find(':')));
    return name.starts_with(policy_host) ? name.substr(policy_host.size()) : std::string();
}

}  // namespace

asio::awaitable<Response> Site::sts_policy(const Request& request) {
    const std::string domain = domain_asked(request.host);
    const storage::Result<std::vector<std::string>> domains = co_await services_.store.read(storage::list_domains());
    if (!domains) co_return plain_error(503, "The store does not answer.\n");
    // Names of domains may be in UTF-8; a request has A-labels.
    const auto is_asked = [&](const std::string& ours) { return dns::to_a_labels(ours) == domain; };
    if (domain.empty() || !std::ranges::any_of(*domains, is_asked))
        co_return plain_error(404, "There is no such page.\n");
    const std::string host = dns::to_a_labels(options_.hostname).value_or(options_.hostname);
    co_return Response{.content_type = "text/plain; charset=utf-8",
                       .body = sts::render_policy(sts::own_policy(host, options_.sts_mode)),
                       .headers = {}};
}

}  // namespace web
