// Base64 with the standard alphabet (RFC 4648 §4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace base {

// Encoded with padding, in one line.
std::string encode_base64(std::string_view octets);

// Strict: no line breaks, correct padding, nothing after it; nullopt on any fault. For SASL and PEM-like fields. The
// forgiving decoder for message bodies is in mime (transfer_encoding.h).
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace base
