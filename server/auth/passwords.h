// Passwords: argon2id (RFC 9106) for verification, SCRAM keys (RFC 7677) too, generated ones for new accounts. Hashing
// takes tens of milliseconds and tens of MiB: Authenticator keeps it off the network threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/accounts.h"

namespace server::auth {

// The cost of computing one hash. The defaults are OWASP's: 19 MiB, two passes, one lane.
struct HashCost {
    std::uint32_t memory_kib = 19'456;
    std::uint32_t passes = 2;
    std::uint32_t scram_iterations = 10'000;
    bool scram = true;  // keep SCRAM keys
};

// Longer passwords cannot be set, and are refused without hashing.
inline constexpr std::size_t password_octets_most = 1024;
// Shorter ones are accepted with a warning.
inline constexpr std::size_t password_octets_advised = 8;

// Everything stored for a password. Throws std::runtime_error if there is not enough memory for the hash.
storage::Credentials make_credentials(std::string_view password, const HashCost& cost);

// True if the password matches the encoded argon2id hash. Throws std::runtime_error if there is not enough memory.
bool verify_password(std::string_view encoded, std::string_view password);

// The beginning of an encoded hash of that cost, before its salt: "$argon2id$v=19$m=19456,t=2,p=1$".
std::string argon2_parameters(const HashCost& cost);
// The same of an encoded hash.
std::string parameters_of(std::string_view encoded);
// What makes an encoded hash of such a beginning: one that no password matches, as slow to verify as a real one.
std::string unmatchable_salt_and_hash();

// Whether credentials should be made anew: they cost less than they should now, or SCRAM keys are missing or unwanted.
bool needs_renewal(const storage::Credentials& credentials, const HashCost& cost);

// Its SCRAM keys alone.
storage::ScramKeys make_scram_keys(std::string_view password, const HashCost& cost);

// Groups of letters and digits without similar-looking ones, with "-" between: five bits each.
std::string random_groups(std::size_t groups, std::size_t letters_in_group);
// Four groups of five: 100 bits.
std::string generate_password();

}  // namespace server::auth
