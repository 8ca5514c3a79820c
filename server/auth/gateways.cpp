// Routing tables as in proc(5): /proc/net/route has numbers in the machine's octet order, /proc/net/ipv6_route plain
// hexadecimal addresses.
#include "server/auth/gateways.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace server::auth {
namespace {

constexpr std::string_view any_v4 = "00000000";
constexpr std::size_t v6_digits = 32;

std::vector<std::string> words(const std::string& line) {
    std::istringstream in(line);
    return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

std::optional<std::uint32_t> parse_hex(std::string_view digits) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

// Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
std::optional<AddressOctets> v4_gateway(const std::vector<std::string>& row) {
    if (row.size() < 8 || row[1] != any_v4 || row[7] != any_v4 || row[2] == any_v4) return std::nullopt;
    const std::optional<std::uint32_t> number = parse_hex(row[2]);
    if (!number || row[2].size() != any_v4.size()) return std::nullopt;
    AddressOctets address = *parse_address("0.0.0.0");
    std::memcpy(address.data() + 12, &*number, sizeof *number);
    return address;
}

// destination, its prefix length, source, its prefix length, next hop …
std::optional<AddressOctets> v6_gateway(const std::vector<std::string>& row) {
    if (row.size() < 5 || row[0].size() != v6_digits || row[4].size() != v6_digits || row[1] != "00")
        return std::nullopt;
    AddressOctets address{};
    for (std::size_t i = 0; i < address.size(); ++i) {
        const std::optional<std::uint32_t> octet = parse_hex(std::string_view(row[4]).substr(2 * i, 2));
        if (!octet) return std::nullopt;
        address[i] = static_cast<std::uint8_t>(*octet);
    }
    return address;
}

void add_gateways(std::vector<AddressOctets>& gateways, std::string_view table,
                  std::optional<AddressOctets> (*gateway_of)(const std::vector<std::string>&)) {
    std::istringstream in{std::string(table)};
    for (std::string line; std::getline(in, line);) {
        const std::optional<AddressOctets> gateway = gateway_of(words(line));
        if (gateway && is_private(*gateway) && std::ranges::find(gateways, *gateway) == gateways.end())
            gateways.push_back(*gateway);
    }
}

std::string content_of(const char* file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::vector<AddressOctets> parse_gateways(std::string_view route, std::string_view ipv6_route) {
    std::vector<AddressOctets> gateways;
    add_gateways(gateways, route, v4_gateway);
    add_gateways(gateways, ipv6_route, v6_gateway);
    return gateways;
}

std::vector<AddressOctets> gateways_of_this_machine() {
    return parse_gateways(content_of("/proc/net/route"), content_of("/proc/net/ipv6_route"));
}

}  // namespace server::auth
