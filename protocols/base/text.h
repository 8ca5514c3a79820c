// ASCII text as the mail RFCs use it: case-insensitive keywords, trimmed fields, decimal numbers. No locale.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

// Equal, ignoring the case of ASCII letters.
constexpr bool iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    }
    return true;
}

constexpr bool istarts_with(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

// ASCII letters lower-cased; other octets as they are.
std::string lower(std::string_view text);
std::string upper(std::string_view text);

// Without spaces, tabs, CR and LF at either end.
std::string_view trim(std::string_view text);

// The whole of text as a decimal number without sign; nothing if it is empty, has other characters or overflows.
template <std::unsigned_integral T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

// True if text is well-formed UTF-8 (RFC 3629 §4: no overlong forms, surrogates or values above U+10FFFF).
bool is_utf8(std::string_view text);

// The beginning of text, of at most so many octets; a character of UTF-8 is not cut.
std::string_view beginning(std::string_view text, std::size_t octets);

// Appends a character (up to U+10FFFF) in UTF-8.
void append_utf8(std::string& out, std::uint32_t code);

// U+FFFD in UTF-8: replaces octets that are not valid text.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

// True if every octet is below 0x80.
bool is_ascii(std::string_view text);

// The number of octets below 0x80 at its beginning.
std::size_t ascii_prefix(std::string_view text);

}  // namespace base
