// The keys of SCRAM-SHA-256 (RFC 5802 §3, RFC 7677): stored instead of a password, and how to compute with them.
// scram_server and client handle the messages; the caller stores the keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sasl {

inline constexpr std::uint32_t default_scram_iterations = 10'000;  // RFC 7677 §4 wants 4096 at least
inline constexpr std::size_t scram_salt_octets = 16;

struct ScramKeys {
    std::string salt;
    std::uint32_t iterations = 0;
    std::string stored_key;  // H(ClientKey), 32 octets
    std::string server_key;  // 32 octets
};

// Keys from a password as the user typed it (normalise_password is applied here).
ScramKeys derive_scram_keys(std::string_view password, std::string salt, std::uint32_t iterations);

// Plausible keys for a user that does not exist: always the same for the same secret and user; no password matches.
ScramKeys fake_scram_keys(std::string_view secret, std::string_view user, std::uint32_t iterations);

// Random octets from OpenSSL; throws std::runtime_error if OpenSSL fails.
std::string random_octets(std::size_t count);

// Compares in a time that depends only on the lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// The building blocks, RFC 5802 §2.2 and §3.
std::string hmac_sha256(std::string_view key, std::string_view octets);
std::string sha256(std::string_view octets);
std::string salted_password(std::string_view password, std::string_view salt, std::uint32_t iterations);  // Hi()
std::string exclusive_or(std::string_view a, std::string_view b);  // of equal lengths

}  // namespace sasl
