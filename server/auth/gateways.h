// The private gateways of this machine: behind one (Docker's bridge, a router that rewrites addresses) all clients may
// look like one, so that what one of them did must not fall on all (CLIENTS.md 26). Nobody is trusted for coming from
// there. Reads Linux's routing tables; those texts are parsed apart.
#pragma once

#include <string_view>
#include <vector>

#include "server/auth/networks.h"

namespace server::auth {

// From the texts of /proc/net/route and /proc/net/ipv6_route: where default routes lead. Lines that are none are
// passed over.
std::vector<AddressOctets> parse_gateways(std::string_view route, std::string_view ipv6_route);
// Those of this machine; empty where it tells none.
std::vector<AddressOctets> gateways_of_this_machine();

}  // namespace server::auth
