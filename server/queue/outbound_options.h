// How this server speaks to others: who it says it is, by which routes, how patient it is, how many addresses it tries.
#pragma once

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
    std::vector<Route> routes;  // "*": every domain not named
    std::uint16_t remote_port = 25;
    bool ipv6_first = false;
    std::chrono::milliseconds connect_timeout{30'000};
    std::chrono::milliseconds impatient_timeout{5'000};  // while other hosts are left
    std::chrono::milliseconds next_address_after{250};   // of the same host, while the first still tries (RFC 8305 §5)
    std::chrono::seconds address_rest{60};               // for one that failed: the others come first
    std::size_t max_hosts = 10;                          // of a domain's MX records
    std::size_t max_addresses = 4;                       // of one host: so many sockets may connect at once
    smtp::ClientTimeouts timeouts{};
};

}  // namespace server::queue
