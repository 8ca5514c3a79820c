#include "server/zone/record.h"

#include <fmt/format.h>

#include <array>
#include <asio/ip/address.hpp>
#include <cstddef>

#include "server/zone/wire/message.h"

namespace server::zone {

namespace {

constexpr std::size_t most_string_octets = 255;  // of a character-string (RFC 1035 §3.3)

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

// RFC 1035 §5.1: what would end the string, and what is not printed, is escaped. Called "quoted", std::quoted would be
// found as well where a header has it, as in GCC 14's library.
std::string quoted_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (octet < 0x20 || octet > 0x7e) {
            out += fmt::format("\\{:03}", octet);
        } else {
            out += c;
        }
    }
    return out + '"';
}

// Each string of the text; an empty text is one empty string.
template <class Use>
void for_each_string(std::string_view text, Use use) {
    do {
        use(text.substr(0, most_string_octets));
        text.remove_prefix(std::min(most_string_octets, text.size()));
    } while (!text.empty());
}

std::string quoted_strings(std::string_view text) {
    std::string out;
    for_each_string(text, [&](std::string_view one) { out += (out.empty() ? "" : " ") + quoted_string(one); });
    return out;
}

std::string hex(std::string_view octets) {
    std::string out;
    for (const char c : octets) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
}

std::string two_octets(std::uint16_t number) {
    return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

std::string address_octets(const std::string& text) {
    const auto octets_of = [](const auto& bytes) { return std::string(bytes.begin(), bytes.end()); };
    const asio::ip::address address = asio::ip::make_address(text);
    return address.is_v4() ? octets_of(address.to_v4().to_bytes()) : octets_of(address.to_v6().to_bytes());
}

}  // namespace

std::string_view type_of(const Data& data) {
    if (const auto* address = std::get_if<Address>(&data)) return address->text.contains(':') ? "AAAA" : "A";
    constexpr std::array<std::string_view, std::variant_size_v<Data>> names = {"A",   "MX",  "TXT", "CNAME",
                                                                               "SRV", "CAA", "TLSA"};
    return names[data.index()];
}

std::uint16_t type_number_of(const Data& data) {
    if (const auto* address = std::get_if<Address>(&data)) return address->text.contains(':') ? 28 : 1;
    constexpr std::array<std::uint16_t, std::variant_size_v<Data>> numbers = {1, 15, 16, 5, 33, 257, 52};
    return numbers[data.index()];
}

std::string absolute(std::string_view name) { return std::string(name) + "."; }

std::string presentation(const Data& data) {
    return std::visit(
        Overloaded{[](const Address& address) { return address.text; },
                   [](const Mx& mx) { return fmt::format("{} {}", mx.preference, absolute(mx.exchange)); },
                   [](const Text& text) { return quoted_strings(text.text); },
                   [](const Cname& cname) { return absolute(cname.target); },
                   [](const Srv& srv) {
                       return fmt::format("{} {} {} {}", srv.priority, srv.weight, srv.port, absolute(srv.target));
                   },
                   [](const Caa& caa) { return fmt::format("0 {} {}", caa.tag, quoted_string(caa.value)); },
                   [](const Tlsa& tlsa) {
                       return fmt::format("{} {} {} {}", tlsa.usage, tlsa.selector, tlsa.matching_type, hex(tlsa.data));
                   }},
        data);
}

std::string rdata(const Data& data) {
    return std::visit(Overloaded{[](const Address& address) { return address_octets(address.text); },
                                 [](const Mx& mx) { return two_octets(mx.preference) + wire_name(mx.exchange); },
                                 [](const Text& text) {
                                     std::string out;
                                     for_each_string(text.text, [&](std::string_view one) {
                                         out += static_cast<char>(one.size());
                                         out += one;
                                     });
                                     return out;
                                 },
                                 [](const Cname& cname) { return wire_name(cname.target); },
                                 [](const Srv& srv) {
                                     return two_octets(srv.priority) + two_octets(srv.weight) + two_octets(srv.port) +
                                            wire_name(srv.target);
                                 },
                                 [](const Caa& caa) {
                                     return std::string(1, '\0') + static_cast<char>(caa.tag.size()) + caa.tag +
                                            caa.value;
                                 },
                                 [](const Tlsa& tlsa) {
                                     return std::string{static_cast<char>(tlsa.usage), static_cast<char>(tlsa.selector),
                                                        static_cast<char>(tlsa.matching_type)} +
                                            tlsa.data;
                                 }},
                      data);
}

}  // namespace server::zone
