// The grammar shared by both ends of SCRAM (RFC 5802 §7): attributes, saslnames, nonces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sasl {

// Removes the next attribute "k=value" and the comma after it from the front of message, and returns its value.
// nullopt, and message unchanged, if the next attribute is not k.
std::optional<std::string_view> take_attribute(std::string_view& message, char key);

// saslname: "=2C" and "=3D" stand for "," and "="; any other "=", and an empty name, is an error (RFC 5802 §5.1).
std::optional<std::string> decode_saslname(std::string_view text);
std::string encode_saslname(std::string_view name);

// printable = %x21-2B / %x2D-7E, at least one.
bool is_nonce(std::string_view text);

// A fresh nonce: 24 printable characters from 18 random octets.
std::string make_nonce();

}  // namespace sasl
