// The key of a next hop contains everything that makes connections differ, but no password.
#include "server/queue/next_hop.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"
#include "server/config/values.h"

namespace server::queue {
namespace {

// Like dns::to_a_labels, if possible: a route may be written either way.
std::string normal(std::string_view domain) {
    const std::optional<std::string> ascii = dns::to_a_labels(domain);
    return ascii ? *ascii : base::lower(domain);
}

std::string transport(const Route& route) {
    std::string out = ":" + std::to_string(route.port) + " tls=" + std::string(word_of(tls_of(route)));
    if (!route.username.empty()) out += " as " + route.username;
    if (!route.ca_file.empty()) out += " vouched for by " + route.ca_file;
    return out;
}

// What each lane's routes say of connecting.
std::map<std::string, std::vector<Route>> ways_by_lane(const std::vector<Route>& routes, std::uint16_t remote_port) {
    std::map<std::string, std::vector<Route>> ways;
    for (const Route& route : routes) {
        Route whole = route;
        if (whole.port == 0) whole.port = remote_port;
        std::string lane = route.host.empty() ? base::lower(route.domain) : relay(whole).key;
        whole.domain.clear();
        std::vector<Route>& known = ways[std::move(lane)];
        if (std::ranges::find(known, whole) == known.end()) known.push_back(std::move(whole));
    }
    return ways;
}

}  // namespace

RouteTls tls_of(const Route& route) {
    if (route.tls != RouteTls::automatic) return route.tls;
    return route.username.empty() ? RouteTls::opportunistic : RouteTls::required;
}

Route route_for(std::string_view domain, const std::vector<Route>& routes, std::uint16_t remote_port) {
    const auto named = [&](const std::string& name) {
        return std::ranges::find_if(routes, [&](const Route& route) { return normal(route.domain) == name; });
    };
    auto found = named(normal(domain));
    if (found == routes.end()) found = named("*");
    Route route = found == routes.end() ? Route{} : *found;
    if (route.port == 0) route.port = remote_port;
    return route;
}

NextHop relay(const Route& route) {
    return {.key = "relay " + base::lower(route.host) + transport(route), .route = route, .hosts = {{route.host}}};
}

NextHop mail_hosts(const Route& route, std::vector<MailHost> hosts) {
    std::set<std::string> names;
    for (const MailHost& host : hosts) names.insert(host.name);
    std::string key = "hosts";
    for (const std::string& name : names) key += " " + name;
    return {.key = key + transport(route), .route = route, .hosts = std::move(hosts)};
}

void apply(const sts::Policy& policy, NextHop& hop) {
    hop.sts = policy.mode;
    if (policy.mode == sts::Mode::none) return;
    for (MailHost& host : hop.hosts) host.named = sts::names_host(policy, base::lower(host.name));
    if (policy.mode != sts::Mode::enforce) return;
    std::erase_if(hop.hosts, [](const MailHost& host) { return !host.named; });
    hop.key = "sts " + hop.key;
}

void apply(storage::TlsWish wish, NextHop& hop) {
    const bool is_route = !hop.route.host.empty();
    if (wish == storage::TlsWish::by_policy || (wish == storage::TlsWish::optional && is_route)) return;
    hop.wish = wish;
    hop.key = std::string(bits::word_of(wish)) + " " + hop.key;
    const bool looked_up = !hop.domain.empty();
    if (wish == storage::TlsWish::optional || !looked_up || hop.secure) return;
    const bool has_policy = hop.sts != sts::Mode::none;
    std::erase_if(hop.hosts, [has_policy](const MailHost& host) { return !has_policy || !host.named; });
}

storage::TlsWish wish_for(const storage::QueueMessage& message) {
    const bool is_bounce = message.reverse_path.empty() && message.tls_wish == storage::TlsWish::required;
    return is_bounce ? storage::TlsWish::by_policy : message.tls_wish;
}

std::vector<asio::ip::address> families_in_turn(const std::vector<asio::ip::address>& addresses, bool ipv6_first) {
    std::vector<asio::ip::address> families[2];
    for (const asio::ip::address& address : addresses)
        families[address.is_v6() == ipv6_first ? 0 : 1].push_back(address);
    std::vector<asio::ip::address> out;
    for (std::size_t i = 0; out.size() < addresses.size(); ++i) {
        for (const auto& family : families) {
            if (i < family.size()) out.push_back(family[i]);
        }
    }
    return out;
}

std::vector<storage::QueueRoute> queue_routes(const std::vector<Route>& routes, std::uint16_t remote_port) {
    std::vector<storage::QueueRoute> lanes;
    for (const Route& route : routes) {
        if (route.host.empty()) continue;
        Route whole = route;
        if (whole.port == 0) whole.port = remote_port;
        lanes.push_back({.domain = base::lower(route.domain), .lane = relay(whole).key});
    }
    return lanes;
}

std::set<std::string> renewed_lanes(const std::vector<Route>& before, const std::vector<Route>& now,
                                    std::uint16_t remote_port) {
    const auto old_ways = ways_by_lane(before, remote_port);
    const auto new_ways = ways_by_lane(now, remote_port);
    std::set<std::string> renewed;
    for (const auto& [ways, others] : {std::pair(&old_ways, &new_ways), std::pair(&new_ways, &old_ways)}) {
        for (const auto& [lane, routes] : *ways) {
            const auto other = others->find(lane);
            if (other == others->end() || other->second != routes) renewed.insert(lane);
        }
    }
    return renewed;
}

}  // namespace server::queue
