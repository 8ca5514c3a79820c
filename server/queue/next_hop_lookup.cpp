// The next hop of a domain. RFC 5321 §5.1, RFC 7505, RFC 8689 §4.2, RFC 3463 (status codes). connector.h connects.
#include "server/queue/next_hop_lookup.h"

#include <algorithm>
#include <system_error>

#include "protocols/base/text.h"
#include "protocols/dns/mail_hosts.h"
#include "server/queue/destinations.h"

namespace server::queue {
namespace {

// "[127.0.0.1]" or "[IPv6:::1]" (RFC 5321 §4.1.3).
std::optional<asio::ip::address> parse_literal(std::string_view domain) {
    if (!domain.starts_with('[') || !domain.ends_with(']')) return std::nullopt;
    domain = domain.substr(1, domain.size() - 2);
    if (base::istarts_with(domain, "IPv6:")) domain.remove_prefix(5);
    std::error_code error;
    const auto address = asio::ip::make_address(std::string(domain), error);
    return error ? std::nullopt : std::optional(address);
}

// The outcome if the DNS named no host; nullopt if it did.
std::optional<smtp::Outcome> refusal_of(const dns::MailHosts& found, const std::string& domain) {
    using Found = dns::MailHosts::Kind;
    switch (found.kind) {
        case Found::temporary:
            return smtp::temporary("4.4.3", "the DNS did not say where mail for " + domain + " goes: " + found.why);
        case Found::no_such_domain:
            return smtp::permanent("5.1.2", "there is no domain " + domain + " that takes mail");
        case Found::null_mx:
            return smtp::permanent("5.1.10", domain + " takes no mail (null MX)");
        case Found::hosts:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<NextHop> known_next_hop(const std::string& domain, storage::TlsWish wish,
                                      const OutboundOptions& options) {
    const Route route = route_for(domain, options.routes, options.remote_port);
    std::optional<NextHop> hop;
    if (!route.host.empty()) {
        hop = relay(route);
    } else if (const auto literal = parse_literal(domain); literal && takes_literal(*literal, options)) {
        hop = mail_hosts(route, {{.name = domain, .addresses = {*literal}}});
    }
    if (hop) apply(wish, *hop);
    return hop;
}

bool is_forbidden_literal(const std::string& domain, const OutboundOptions& options) {
    return domain.starts_with('[') && !known_next_hop(domain, storage::TlsWish::by_policy, options);
}

asio::awaitable<std::expected<NextHop, smtp::Outcome>> look_up_next_hop(
    dns::Resolver& resolver, StsPolicies& policies, dns::Party party, std::string domain, storage::TlsWish wish,
    std::shared_ptr<const OutboundOptions> options, std::function<std::size_t(std::size_t)> random_below) {
    if (std::optional<NextHop> hop = known_next_hop(domain, wish, *options)) co_return *std::move(hop);
    if (domain.starts_with('[')) co_return std::unexpected(smtp::permanent("5.1.2", "mail does not go to " + domain));
    const std::optional<std::string> ascii = dns::to_a_labels(domain);
    if (!ascii) co_return std::unexpected(smtp::permanent("5.1.2", domain + " is no domain name"));
    dns::MailHosts found = co_await dns::find_mail_hosts(resolver, party, *ascii, random_below, options->max_hosts);
    if (std::optional<smtp::Outcome> refusal = refusal_of(found, domain)) co_return std::unexpected(*refusal);
    // If we are one of the hosts, only hosts with better preference count (RFC 5321 §5.1).
    const auto self = std::ranges::find_if(
        found.hosts, [&](const auto& host) { return base::iequals(host.name, options->hostname); });
    if (self != found.hosts.end()) {
        const std::uint16_t preference = self->preference;
        std::erase_if(found.hosts, [preference](const auto& host) { return host.preference >= preference; });
        if (found.hosts.empty())
            co_return std::unexpected(smtp::permanent("5.4.6", "mail for " + domain + " loops back to this server"));
    }
    std::vector<MailHost> hosts;
    for (auto& host : found.hosts) hosts.push_back({.name = std::move(host.name)});
    NextHop hop = mail_hosts(route_for(domain, options->routes, options->remote_port), std::move(hosts));
    hop.domain = *ascii;
    hop.secure = found.proof == dns::Proof::secure;
    const bool by_policy = tls_of(hop.route) == RouteTls::opportunistic && wish == storage::TlsWish::by_policy;
    if (by_policy || wish == storage::TlsWish::required) {
        const std::optional<sts::Policy> policy = co_await policies.policy_of(std::move(party), *ascii, options);
        if (policy) apply(*policy, hop);
    }
    if (hop.hosts.empty())
        co_return std::unexpected(
            smtp::temporary("4.7.5", "MTA-STS: the policy of " + domain + " names none of its mail hosts"));
    apply(wish, hop);
    if (hop.hosts.empty() && policies.is_out_of_reach(*ascii))
        co_return std::unexpected(
            smtp::temporary("4.7.5", "REQUIRETLS: the MTA-STS policy of " + domain + " cannot be fetched"));
    if (hop.hosts.empty())
        co_return std::unexpected(smtp::permanent(
            "5.7.10", "REQUIRETLS: neither DNSSEC nor an MTA-STS policy proves where mail for " + domain + " goes"));
    co_return hop;
}

}  // namespace server::queue
