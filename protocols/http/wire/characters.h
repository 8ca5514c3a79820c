// The octets that names and values consist of. RFC 9110 §5.5, §5.6.2.
#pragma once

#include <algorithm>
#include <string_view>

#include "protocols/base/text.h"

namespace http::wire {

// tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
constexpr bool is_tchar(char c) {
    return base::is_alpha(c) || base::is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

constexpr bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_tchar); }

// Printable ASCII without the space: VCHAR (RFC 9110 §2.1).
constexpr bool is_visible(char c) { return c > ' ' && c < '\x7F'; }

// In field values: also space, tab and obs-text (0x80 and above); never CR, LF, NUL or another control (RFC 9110 §5.5).
constexpr bool is_value_octet(char c) {
    return is_visible(c) || base::is_space(c) || static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool is_value(std::string_view text) { return std::ranges::all_of(text, is_value_octet); }

// Without spaces and tabs (OWS, RFC 9110 §5.6.3) at either end; unlike base::trim, leaves CR and LF.
constexpr std::string_view without_ows(std::string_view text) {
    while (!text.empty() && base::is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && base::is_space(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace http::wire
