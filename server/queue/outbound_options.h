// Settings for mail to other servers: our name, routes, timeouts, how many hosts and addresses to try.
#pragma once

#include <asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocols/smtp/client.h"
#include "server/config/config.h"

namespace server::queue {

struct OutboundOptions {
    std::string hostname;       // ours
    std::vector<Route> routes;  // "*": every domain without a route
    std::uint16_t remote_port = 25;
    std::string
        trusted;  // PEM file of authorities, of policy hosts and of MX hosts that a policy names; empty: the system's
    // Mail may go there though it is no public network, or an address literal names it (destinations.h).
    std::vector<auth::Network> destination_networks;
    std::vector<asio::ip::address> own_addresses;  // of this machine
    bool ipv6_first = false;
    std::chrono::milliseconds connect_timeout{30'000};
    std::chrono::milliseconds impatient_timeout{5'000};  // while there are other hosts to try
    std::chrono::milliseconds next_address_after{
        250};                               // of the same host, if the first is still connecting (RFC 8305 §5)
    std::chrono::seconds address_rest{60};  // for one that failed: others come first
    std::size_t max_hosts = 10;             // of a domain's MX records
    std::size_t max_addresses = 4;          // of one host: as many sockets may be connecting at once
    smtp::ClientTimeouts timeouts{};
};

}  // namespace server::queue
