// DKIM keys: new pairs, and the record that publishes one. RFC 6376 §3.6.1; Ed25519: RFC 8463 §4. Who keeps them and
// when they sign is the caller's matter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailauth {

enum class KeyAlgorithm : std::uint8_t { rsa, ed25519 };

// "rsa", "ed25519": the k= tag, and what people write.
std::string_view word_of(KeyAlgorithm algorithm);

struct KeyPair {
    std::string private_key;  // PEM (PKCS #8)
    std::string public_key;   // base64, as the p= tag has it
};

// A new pair; RSA has 2048 bits (RFC 8301 §3.2). Takes about 100 ms of computing: not on a network thread. Throws
// std::runtime_error.
KeyPair make_key(KeyAlgorithm algorithm);

// The text of the TXT record at SELECTOR._domainkey.DOMAIN.
std::string key_record(KeyAlgorithm algorithm, std::string_view public_key);

}  // namespace mailauth
