// Both versions of the PROXY protocol's header (proxy_protocol.h). stream.cpp reads it from the connection.
#include "protocols/net/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <vector>

#include "protocols/base/text.h"

namespace net {
namespace {

using asio::ip::tcp;
using base::NeedMore;
using base::Parsed;
using base::SyntaxError;

constexpr std::string_view v1_start = "PROXY ";
constexpr std::string_view v2_start("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v1_longest = 107;
constexpr std::size_t v2_fixed = 16;

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (words.size() < 8) {
        const std::size_t space = line.find(' ');
        words.push_back(line.substr(0, space));
        if (space == std::string_view::npos) break;
        line.remove_prefix(space + 1);
    }
    return words;
}

// Without a scope id ("%eth0"): it means nothing on another machine, and would make many spellings of one address.
std::optional<tcp::endpoint> endpoint_of(std::string_view address, std::string_view port, bool v6) {
    if (address.contains('%')) return std::nullopt;
    std::error_code error;
    const asio::ip::address parsed = asio::ip::make_address(std::string(address), error);
    const auto number = base::parse_number<std::uint16_t>(port);
    if (error || parsed.is_v6() != v6 || !number) return std::nullopt;
    return tcp::endpoint(parsed, *number);
}

// "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP source-port SP destination-port CRLF, or "UNKNOWN" ...
Parsed<ProxyHeader> parse_v1(std::string_view received) {
    const std::string_view head = received.substr(0, v1_longest);
    const std::size_t end = head.find("\r\n");
    if (end == std::string_view::npos) {
        if (received.size() >= v1_longest) return SyntaxError{v1_longest, "the end of the PROXY line"};
        return NeedMore{};
    }
    ProxyHeader header{end + 2, std::nullopt};
    const std::vector<std::string_view> words = words_of(head.substr(v1_start.size(), end - v1_start.size()));
    if (words[0] == "UNKNOWN") return header;
    const bool v6 = words[0] == "TCP6";
    if ((!v6 && words[0] != "TCP4") || words.size() != 5) return SyntaxError{v1_start.size(), "TCP4, TCP6 or UNKNOWN"};
    const auto source = endpoint_of(words[1], words[3], v6);
    const auto destination = endpoint_of(words[2], words[4], v6);
    if (!source || !destination) return SyntaxError{v1_start.size(), "addresses and ports"};
    header.addresses = ProxyHeader::Addresses{*source, *destination};
    return header;
}

std::size_t number_at(std::string_view octets, std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(octets[at])) << 8 |
           static_cast<unsigned char>(octets[at + 1]);
}

template <class Address>
ProxyHeader::Addresses addresses_of(std::string_view block) {
    typename Address::bytes_type source;
    typename Address::bytes_type destination;
    std::ranges::copy(block.substr(0, source.size()), source.begin());
    std::ranges::copy(block.substr(source.size(), destination.size()), destination.begin());
    const std::size_t ports = 2 * source.size();
    return {{Address(source), static_cast<std::uint16_t>(number_at(block, ports))},
            {Address(destination), static_cast<std::uint16_t>(number_at(block, ports + 2))}};
}

// signature, version and command, family and protocol, length, addresses, type-length-values.
Parsed<ProxyHeader> parse_v2(std::string_view received) {
    if (received.size() < v2_fixed) return NeedMore{};
    const unsigned version_command = static_cast<unsigned char>(received[12]);
    const unsigned family = static_cast<unsigned char>(received[13]);
    const std::size_t length = number_at(received, 14);
    if (version_command >> 4 != 2 || (version_command & 0xf) > 1) return SyntaxError{12, "version 2, LOCAL or PROXY"};
    if (v2_fixed + length > max_proxy_header_octets) return SyntaxError{14, "a shorter header"};
    if (received.size() < v2_fixed + length) return NeedMore{};
    ProxyHeader header{v2_fixed + length, std::nullopt};
    if ((version_command & 0xf) == 0) return header;  // LOCAL
    const std::string_view block = received.substr(v2_fixed, length);
    if (family == 0x11) {
        if (length < 12) return SyntaxError{14, "two IPv4 addresses"};
        header.addresses = addresses_of<asio::ip::address_v4>(block);
    } else if (family == 0x21) {
        if (length < 36) return SyntaxError{14, "two IPv6 addresses"};
        header.addresses = addresses_of<asio::ip::address_v6>(block);
    }
    return header;
}

}  // namespace

Parsed<ProxyHeader> parse_proxy_header(std::string_view received) {
    const auto begins_like = [&](std::string_view start) {
        const std::size_t common = std::min(start.size(), received.size());
        return received.substr(0, common) == start.substr(0, common);
    };
    if (begins_like(v2_start)) return received.size() < v2_start.size() ? NeedMore{} : parse_v2(received);
    if (begins_like(v1_start)) return received.size() < v1_start.size() ? NeedMore{} : parse_v1(received);
    return SyntaxError{0, "a PROXY header"};
}

}  // namespace net
