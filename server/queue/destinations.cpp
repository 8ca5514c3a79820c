// The networks of the IANA's registries of special-purpose addresses, by hand: they change once in years.
#include "server/queue/destinations.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

namespace server::queue {
namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;

template <std::size_t n>
std::vector<auth::Network> parse_all(const std::array<const char*, n>& texts) {
    std::vector<auth::Network> networks;
    for (const char* text : texts) networks.push_back(*auth::Network::parse(text));
    return networks;
}

bool any_contains(const std::vector<auth::Network>& networks, const address& address) {
    return auth::any_contains(networks, address.to_string());
}

bool is_public_v4(const address& address) {
    static const std::vector<auth::Network> special = parse_all(
        std::array{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                   "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
                   "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"});  // multicast, reserved, broadcast
    return !any_contains(special, address);
}

address_v4 four_octets(const address_v6::bytes_type& bytes, std::size_t at) {
    address_v4::bytes_type four{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), four.size(), four.begin());
    return address_v4(four);
}

// The IPv4 address that an IPv6 one stands for: mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052), 6to4 (RFC 3056).
std::optional<address_v4> embedded(const address_v6& address) {
    static const auth::Network nat64 = *auth::Network::parse("64:ff9b::/96");
    static const auth::Network six_to_four = *auth::Network::parse("2002::/16");
    const address_v6::bytes_type bytes = address.to_bytes();
    if (address.is_v4_mapped() || nat64.contains(bytes)) return four_octets(bytes, 12);
    if (six_to_four.contains(bytes)) return four_octets(bytes, 2);
    return std::nullopt;
}

bool is_public_v6(const address_v6& address) {
    static const std::vector<auth::Network> unicast = parse_all(std::array{"2000::/3"});
    static const std::vector<auth::Network> special = parse_all(std::array{"2001::/23", "2001:db8::/32", "3fff::/20"});
    if (const auto v4 = embedded(address)) return is_public_v4(*v4);
    return any_contains(unicast, address) && !any_contains(special, address);
}

}  // namespace

bool is_public(const address& address) {
    return address.is_v4() ? is_public_v4(address) : is_public_v6(address.to_v6());
}

bool is_own(const address& address, const OutboundOptions& options) {
    return std::ranges::find(options.own_addresses, address) != options.own_addresses.end();
}

bool takes_literal(const address& address, const OutboundOptions& options) {
    return any_contains(options.destination_networks, address);
}

bool takes_found(const address& address, const OutboundOptions& options) {
    return takes_literal(address, options) || (is_public(address) && !is_own(address, options));
}

std::vector<address> addresses_of_this_machine() {
    ifaddrs* read = nullptr;
    if (getifaddrs(&read) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(read, &freeifaddrs);
    std::vector<address> addresses;
    for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        if (one->ifa_addr->sa_family == AF_INET) {
            sockaddr_in v4{};
            std::memcpy(&v4, one->ifa_addr, sizeof v4);
            addresses.emplace_back(address_v4(ntohl(v4.sin_addr.s_addr)));
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, one->ifa_addr, sizeof v6);
            address_v6::bytes_type bytes{};
            std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
            addresses.emplace_back(address_v6(bytes));
        }
    }
    return addresses;
}

}  // namespace server::queue
