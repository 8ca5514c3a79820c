// The private gateways of this machine. All clients may be behind one (Docker's bridge, a router that rewrites
// addresses), so one client's failures must not count against all of them (CLIENTS.md 26). Their address gives no
// trust, either. Reads Linux's routing tables.
#pragma once

#include <string_view>
#include <vector>

#include "server/auth/networks.h"

namespace server::auth {

// The next hops of default routes, from the texts of /proc/net/route and /proc/net/ipv6_route. Skips invalid lines.
std::vector<AddressOctets> parse_gateways(std::string_view route, std::string_view ipv6_route);
// Those of this machine; empty if they cannot be read.
std::vector<AddressOctets> gateways_of_this_machine();

}  // namespace server::auth
