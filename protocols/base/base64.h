// Base64 with the standard alphabet (RFC 4648 §4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

// Encoded with padding, in one line.
std::string encode_base64(std::string_view octets);

// Strict: no line breaks, right padding, nothing behind it; nothing on any fault. For SASL and PEM-like fields;
// the forgiving decoder for message bodies is mime's.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace base
