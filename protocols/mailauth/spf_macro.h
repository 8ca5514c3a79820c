// Macro strings of SPF. RFC 7208 §7. What a macro stands for is gathered by spf.cpp.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

// Where a macro string stands: that decides which characters and letters it may have.
enum class SpfMacroPlace : std::uint8_t {
    term,         // a term's argument: no spaces, and none of the letters c, r, t
    modifier,     // the value of a modifier that nobody knows: no spaces
    explanation,  // the text that exp= leads to
};

// Text, or a macro and what is done to its value (RFC 7208 §7.1).
struct SpfMacroPart {
    std::string text{};        // letter 0: as it is, escapes ("%%", "%_", "%-") resolved
    char letter = 0;           // in lower case
    bool url_escape = false;   // the letter was a capital
    std::size_t keep = 0;      // so many parts from the right; 0: all
    bool reverse = false;      // the parts are reversed first
    std::string delimiters{};  // what parts it; "." if the macro names none
};

// A macro string, or what is wrong with it.
std::expected<std::vector<SpfMacroPart>, std::string> parse_spf_macros(std::string_view text, SpfMacroPlace place);

// Does a macro string, which has been parsed, end as a domain-spec must: in a macro or escape, or in a dot and a top
// label (RFC 7208 §7.1)?
bool ends_as_domain_spec(std::string_view text);

// What the letters stand for (RFC 7208 §7.2).
struct SpfMacroValues {
    std::string local_part{};      // l
    std::string sender_domain{};   // o; s is the two together
    std::string domain{};          // d: whose record it is
    asio::ip::address client{};    // i, c, v
    std::string helo{};            // h
    std::string confirmed_name{};  // p
    std::string receiver{};        // r
    std::int64_t now = 0;          // t: Unix seconds
};

// The parts with their values; nothing if that takes more octets than so many.
std::optional<std::string> expand_spf_macros(const std::vector<SpfMacroPart>& parts, const SpfMacroValues& values,
                                             std::size_t most_octets);

// Does any of the parts have one of these letters?
bool has_spf_macro(const std::vector<SpfMacroPart>& parts, std::string_view letters);

}  // namespace mailauth
