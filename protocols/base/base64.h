// Base64 with the standard alphabet (RFC 4648 §4), and with the one for URLs and file names (§5).
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

// The alphabet of RFC 4648 §5, without padding (RFC 7515 §2).
std::string encode_base64url(std::string_view octets);
// Strict, too; padding is a fault.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace base
