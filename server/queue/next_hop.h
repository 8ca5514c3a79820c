// Where a recipient's mail is taken next: the relay of a route, or the mail hosts of its domain. RFC 5321 §5.1. Mail
// for the same next hop shares connections, and what is known of it. Pure but for the names that the DNS gave before.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"
#include "storage/queue_leases.h"

namespace server::queue {

struct MailHost {
    std::string name;
    std::vector<asio::ip::address> addresses{};  // empty: to be looked up
};

struct NextHop {
    std::string key;              // those with the same are the same
    Route route;                  // how to speak to it: port, TLS, log-in; its host is in `hosts`
    std::vector<MailHost> hosts;  // in the order in which they are tried
};

// The route for the domain (any case); one without a host means "as the DNS says". Its port is never 0.
Route route_for(std::string_view domain, const std::vector<Route>& routes, std::uint16_t remote_port);

NextHop relay(const Route& route);
// `hosts` as the DNS ordered them: those of equal preference in any order, which does not make another next hop.
NextHop mail_hosts(const Route& route, std::vector<MailHost> hosts);

// The addresses of one host in the order in which they are tried: the families in turn, each in its own order. RFC 8305
// §4 has IPv6 first. Here the config says so or it is not: receivers judge a sender by its address, and one that is
// IPv6 and has no PTR record gets mail refused for good.
std::vector<asio::ip::address> families_in_turn(const std::vector<asio::ip::address>& addresses, bool ipv6_first);

// The lanes of the queue that routes make: those to the same relay share one.
std::vector<storage::QueueRoute> queue_routes(const std::vector<Route>& routes, std::uint16_t remote_port);

}  // namespace server::queue
