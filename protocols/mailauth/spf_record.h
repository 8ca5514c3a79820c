// SPF records. RFC 7208 §4.5 (which texts are one), §4.6.1 and §5 to §6.2 (grammar). spf.h evaluates them.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mailauth/spf_macro.h"

namespace mailauth {

// What a record's evaluation ends with: RFC 7208 §2.6.
enum class SpfVerdict : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };

// The RFC's word for it.
std::string_view to_string(SpfVerdict verdict);

// A domain-spec, macros not yet expanded.
using SpfDomainSpec = std::vector<SpfMacroPart>;

struct SpfMechanism {
    enum class Kind : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

    Kind kind = Kind::all;
    SpfVerdict qualifier = SpfVerdict::pass;  // what a match makes of it
    SpfDomainSpec domain{};                   // empty: the record's own domain
    asio::ip::address network{};              // ip4, ip6
    unsigned prefix4 = 32;                    // bits that are compared
    unsigned prefix6 = 128;
    std::string term{};  // as written
};

struct SpfRecord {
    std::vector<SpfMechanism> mechanisms{};
    std::optional<SpfDomainSpec> redirect{};
    std::optional<SpfDomainSpec> explanation{};  // exp=
    std::string redirect_term{};                 // as written
};

// Is the text of a TXT record an SPF record, well-formed or not? RFC 7208 §4.5.
bool is_spf_record(std::string_view text);

// The record, or what is wrong with which term: any error makes all of it void (RFC 7208 §4.6).
std::expected<SpfRecord, std::string> parse_spf_record(std::string_view text);

// Text for a line of a log or a reply: at most so many octets, those that are not printable ASCII replaced.
std::string printable(std::string_view text, std::size_t most_octets);

}  // namespace mailauth
