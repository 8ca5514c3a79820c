// Addresses and prefixes, by inet_pton.
#include "server/auth/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "protocols/base/text.h"

namespace server::auth {

namespace {

constexpr AddressOctets mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const AddressOctets& address) {
    return std::equal(address.begin(), address.begin() + 12, mapped_prefix.begin());
}

}  // namespace

std::optional<AddressOctets> parse_address(std::string_view text) {
    text = text.substr(0, text.find('%'));  // the zone is only an interface's name
    const std::string terminated(text);
    AddressOctets octets = mapped_prefix;
    in_addr v4{};
    if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
        std::memcpy(octets.data() + 12, &v4, 4);
        return octets;
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) return std::nullopt;
    std::memcpy(octets.data(), &v6, 16);
    return octets;
}

bool is_this_machine(const AddressOctets& address) {
    AddressOctets v4 = mapped_prefix;
    v4[12] = 127;
    v4[15] = 1;
    AddressOctets v6{};
    v6[15] = 1;
    return address == v4 || address == v6;
}

bool is_private(const AddressOctets& address) {
    static const std::array<Network, 7> networks = {*Network::parse("10.0.0.0/8"),     *Network::parse("172.16.0.0/12"),
                                                    *Network::parse("192.168.0.0/16"), *Network::parse("100.64.0.0/10"),
                                                    *Network::parse("169.254.0.0/16"), *Network::parse("fc00::/7"),
                                                    *Network::parse("fe80::/10")};
    return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
}

AddressOctets client_network(const AddressOctets& address) {
    AddressOctets network = address;
    if (!is_mapped(address)) std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
    return network;
}

std::vector<AddressOctets> networks_in_turn(const AddressOctets& address) {
    const auto prefix_of = [&](std::size_t octets) {
        AddressOctets prefix = address;
        std::fill(prefix.begin() + static_cast<std::ptrdiff_t>(octets), prefix.end(), std::uint8_t{0});
        return prefix;
    };
    if (is_mapped(address)) return {prefix_of(13), prefix_of(14), prefix_of(15)};
    return {prefix_of(4), prefix_of(6)};
}

std::vector<AddressOctets> wider_networks(const AddressOctets& address) {
    const auto prefix_of = [&](std::size_t octets) {
        AddressOctets prefix{};
        std::copy_n(address.begin(), octets, prefix.begin());
        prefix.back() = static_cast<std::uint8_t>(octets);
        prefix[14] = 0xff;  // a client network has no such end
        return prefix;
    };
    if (!is_mapped(address)) return {prefix_of(7), prefix_of(6)};
    AddressOctets prefix = address;
    prefix[0] = 0xff;  // nor such a beginning
    prefix[15] = 0;
    return {prefix};
}

namespace {

std::string text_of(const AddressOctets& network) {
    const bool v4 = is_mapped(network);
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(v4 ? AF_INET : AF_INET6, network.data() + (v4 ? 12 : 0), text, sizeof text);
    return text;
}

}  // namespace

std::string client_network_name(std::string_view address) {
    const auto octets = parse_address(address);
    if (!octets) return std::string(address);
    const AddressOctets network = client_network(*octets);
    return is_mapped(network) ? text_of(network) : text_of(network) + "/64";
}

std::string wide_network_name(std::string_view address) {
    const auto octets = parse_address(address);
    if (!octets) return std::string(address);
    const std::vector<AddressOctets> networks = networks_in_turn(*octets);
    return is_mapped(*octets) ? text_of(networks[1]) + "/16" : text_of(networks[0]) + "/32";
}

std::optional<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view host = text.substr(0, slash);
    const auto address = parse_address(host);
    if (!address) return std::nullopt;
    const unsigned width = host.find(':') == std::string_view::npos ? 32 : 128;
    unsigned bits = width;
    if (slash != std::string_view::npos) {
        const auto given = base::parse_number<unsigned>(text.substr(slash + 1));
        if (!given || *given > width) return std::nullopt;
        bits = *given;
    }
    Network network;
    network.prefix_ = *address;
    network.bits_ = bits + (128 - width);
    network.text_ = text;
    return network;
}

bool Network::contains(const AddressOctets& address) const {
    const unsigned whole = bits_ / 8;
    if (!std::equal(prefix_.begin(), prefix_.begin() + whole, address.begin())) return false;
    const unsigned rest = bits_ % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return ((prefix_[whole] ^ address[whole]) & mask) == 0;
}

bool any_contains(const std::vector<Network>& networks, std::string_view address) {
    const auto octets = parse_address(address);
    if (!octets) return false;
    return std::any_of(networks.begin(), networks.end(), [&](const Network& n) { return n.contains(*octets); });
}

}  // namespace server::auth
