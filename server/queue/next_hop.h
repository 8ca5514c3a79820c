// Where a recipient's mail is sent next: the relay of a route, or the mail hosts of its domain. RFC 5321 §5.1, RFC 8689
// §4.2 (what the sender wants of TLS). Mail for the same next hop shares connections and their history. Pure: DNS
// results are passed in.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/sts/policy.h"
#include "server/config/config.h"
#include "server/queue/dane.h"
#include "storage/queue_leases.h"

namespace server::queue {

struct MailHost {
    std::string name;
    std::vector<asio::ip::address> addresses{};  // empty: to be looked up
    std::optional<Dane> dane{};                  // as its addresses were looked up
    bool named = true;                           // by the domain's MTA-STS policy, if it has one
};

struct NextHop {
    std::string key;              // equal keys mean the same next hop
    Route route;                  // how to connect: port, TLS, log-in; its host is in `hosts`
    std::vector<MailHost> hosts;  // in the order to try
    std::string domain{};         // whose mail hosts they are; others may have the same
    bool secure = false;          // DNSSEC proves that they are
    sts::Mode sts = sts::Mode::none;
    storage::TlsWish wish = storage::TlsWish::by_policy;
};

// How the route does TLS, never `automatic`: if a password is sent, the server's certificate must be valid, unless the
// route says otherwise.
RouteTls tls_of(const Route& route);

// The route for the domain (any case); without a host it means "use the DNS". Its port is never 0.
Route route_for(std::string_view domain, const std::vector<Route>& routes, std::uint16_t remote_port);

NextHop relay(const Route& route);
// `hosts` in the order of the DNS; a different order among equal preferences does not make a different next hop.
NextHop mail_hosts(const Route& route, std::vector<MailHost> hosts);
// As the domain's MTA-STS policy wants it (RFC 8461 §4.2, §5): enforced, only hosts that it names are left. It is
// another next hop then: mail for domains without a policy does not share its connections.
void apply(const sts::Policy& policy, NextHop& hop);
// As the sender wants it, after the policy: also another next hop then. REQUIRETLS: of mail hosts that the DNS names
// without a proof, only those are left that a policy names (RFC 8689 §4.2.1). `TLS-Required: No` is about what the
// receiving domain wants; what the administrator says of a route stands.
void apply(storage::TlsWish wish, NextHop& hop);

// What the sender of a queued message wants. A bounce goes as it can (RFC 8689 §5).
storage::TlsWish wish_for(const storage::QueueMessage& message);

// The addresses of one host in the order to try: the families in turn, each in its own order. RFC 8305 §4 begins with
// IPv6; here only if the config says so: receivers judge senders by address, and mail from an IPv6 address without a
// PTR record is often refused permanently.
std::vector<asio::ip::address> families_in_turn(const std::vector<asio::ip::address>& addresses, bool ipv6_first);

// The queue's lanes for these routes: routes to the same relay share a lane.
std::vector<storage::QueueRoute> queue_routes(const std::vector<Route>& routes, std::uint16_t remote_port);

// The lanes that are sent in another way with the routes `now` than with those `before`, though they are called the
// same (another password, say), and those of routes that have come or gone. "*": all lanes of no route's host.
std::set<std::string> renewed_lanes(const std::vector<Route>& before, const std::vector<Route>& now,
                                    std::uint16_t remote_port);

}  // namespace server::queue
