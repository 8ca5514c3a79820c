// Prefixes and endpoints of network.h.
#include "protocols/net/network.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "protocols/base/text.h"

namespace net {
namespace {

struct Octets {
    std::array<unsigned char, 16> values{};
    unsigned bits = 0;
};

Octets octets_of(const asio::ip::address& address) {
    Octets octets;
    if (address.is_v4()) {
        octets.bits = 32;
        std::ranges::copy(address.to_v4().to_bytes(), octets.values.begin());
    } else {
        octets.bits = 128;
        std::ranges::copy(address.to_v6().to_bytes(), octets.values.begin());
    }
    return octets;
}

bool bit_of(const Octets& octets, unsigned n) { return (octets.values[n / 8] >> (7 - n % 8) & 1) != 0; }

asio::ip::address unmapped(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    std::error_code error;
    Network network;
    network.address_ = asio::ip::make_address(std::string(text.substr(0, slash)), error);
    if (error) return std::nullopt;
    const Octets octets = octets_of(network.address_);
    network.bits_ = octets.bits;
    if (slash != std::string_view::npos) {
        const auto bits = base::parse_number<unsigned>(text.substr(slash + 1));
        if (!bits || *bits > octets.bits) return std::nullopt;
        network.bits_ = *bits;
    }
    for (unsigned n = network.bits_; n < octets.bits; ++n) {
        if (bit_of(octets, n)) return std::nullopt;
    }
    return network;
}

bool Network::contains(const asio::ip::address& address) const {
    const Octets ours = octets_of(address_);
    const Octets theirs = octets_of(unmapped(address));
    if (ours.bits != theirs.bits) return false;
    for (unsigned n = 0; n < bits_; ++n) {
        if (bit_of(ours, n) != bit_of(theirs, n)) return false;
    }
    return true;
}

bool contains(const std::vector<Network>& networks, const asio::ip::address& address) {
    return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
}

std::optional<asio::ip::tcp::endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = base::parse_number<std::uint16_t>(text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    if (!port) return std::nullopt;
    if (host == "*") return asio::ip::tcp::endpoint(asio::ip::address_v6::any(), *port);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    std::error_code error;
    const asio::ip::address address = asio::ip::make_address(std::string(host), error);
    if (error || address.is_v6() != bracketed) return std::nullopt;
    return asio::ip::tcp::endpoint(address, *port);
}

}  // namespace net
