#include "protocols/dns/rdata.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "protocols/base/text.h"

namespace dns {
namespace {

constexpr std::size_t name_octets = 255;  // as on the wire (RFC 1035 §3.1)
constexpr std::size_t label_octets = 63;

std::uint8_t octet(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// Octets that no host name has, and that would mean something else in a log, an SMTP command or a pattern.
bool is_plain(char c) { return c > ' ' && c < '\x7f' && c != '.' && c != '\\'; }

// Labels, each after its length, up to an empty one, which ends the text (RFC 1035 §3.1). Compressed names are
// malformed: libunbound has undone that.
std::optional<std::string> parse_name(std::string_view wire) {
    if (wire.size() > name_octets) return std::nullopt;
    std::string name;
    for (;;) {
        if (wire.empty()) return std::nullopt;
        const std::size_t size = octet(wire, 0);
        wire.remove_prefix(1);
        if (size == 0) break;
        if (size > label_octets || size > wire.size()) return std::nullopt;
        const std::string_view label = wire.substr(0, size);
        if (!std::ranges::all_of(label, is_plain)) return std::nullopt;
        if (!name.empty()) name += '.';
        name += base::lower(label);
        wire.remove_prefix(size);
    }
    if (!wire.empty()) return std::nullopt;
    return name;
}

template <class Address>
std::optional<Address> parse_address(std::string_view rdata) {
    typename Address::bytes_type octets{};
    if (rdata.size() != octets.size()) return std::nullopt;
    std::ranges::copy(rdata, octets.begin());
    return Address(octets);
}

}  // namespace

template <>
std::optional<Mx> parse_rdata<Mx>(std::string_view rdata) {
    if (rdata.size() < 2) return std::nullopt;
    std::optional<std::string> exchange = parse_name(rdata.substr(2));
    if (!exchange) return std::nullopt;
    return Mx{.preference = static_cast<std::uint16_t>(octet(rdata, 0) << 8 | octet(rdata, 1)),
              .exchange = *std::move(exchange)};
}

// One character-string at least, each after its length (RFC 1035 §3.3.14).
template <>
std::optional<Txt> parse_rdata<Txt>(std::string_view rdata) {
    if (rdata.empty()) return std::nullopt;
    Txt txt;
    while (!rdata.empty()) {
        const std::size_t size = octet(rdata, 0);
        rdata.remove_prefix(1);
        if (size > rdata.size()) return std::nullopt;
        txt.text += rdata.substr(0, size);
        rdata.remove_prefix(size);
    }
    return txt;
}

template <>
std::optional<Ptr> parse_rdata<Ptr>(std::string_view rdata) {
    std::optional<std::string> name = parse_name(rdata);
    if (!name) return std::nullopt;
    return Ptr{*std::move(name)};
}

template <>
std::optional<Tlsa> parse_rdata<Tlsa>(std::string_view rdata) {
    if (rdata.size() < 4) return std::nullopt;
    return Tlsa{.usage = octet(rdata, 0),
                .selector = octet(rdata, 1),
                .matching_type = octet(rdata, 2),
                .data = std::string(rdata.substr(3))};
}

template <>
std::optional<asio::ip::address_v4> parse_rdata<asio::ip::address_v4>(std::string_view rdata) {
    return parse_address<asio::ip::address_v4>(rdata);
}

template <>
std::optional<asio::ip::address_v6> parse_rdata<asio::ip::address_v6>(std::string_view rdata) {
    return parse_address<asio::ip::address_v6>(rdata);
}

}  // namespace dns
