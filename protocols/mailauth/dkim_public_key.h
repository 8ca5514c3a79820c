// DKIM's public keys: the record in the DNS (RFC 6376 §3.6.1; Ed25519: RFC 8463 §4), and checks of signatures with
// them.
#pragma once

#include <openssl/evp.h>

#include <expected>
#include <string>
#include <string_view>

#include "protocols/base/handle.h"
#include "protocols/mailauth/dkim_key.h"
#include "protocols/mailauth/dkim_signature.h"

namespace mailauth {

using PublicKey = base::Handle<EVP_PKEY, EVP_PKEY_free>;

// A record as it is written. RFC 6376 §3.6.1.
struct DkimKeyRecord {
    KeyAlgorithm algorithm = KeyAlgorithm::rsa;  // k=
    std::string data;                            // p=, octets; empty: revoked
    bool allows_sha256 = true;                   // h=
    bool is_for_mail = true;                     // s=
    bool is_testing = false;                     // t=y
    bool is_strict = false;                      // t=s: i= must not be below d=
};
std::expected<DkimKeyRecord, DkimFault> parse_dkim_key_record(std::string_view text);

// RSA keys shorter than that are good for nothing (RFC 8301 §3.2).
inline constexpr unsigned least_rsa_bits = 1024;
// Shorter than that, they deserve a note.
inline constexpr unsigned good_rsa_bits = 2048;
// Longer ones, or ones with a long exponent, only cost time: RFC 8301 §3.2 asks for 4096 bits.
inline constexpr unsigned most_rsa_bits = 8192;

// The key of the record, fit for that algorithm; or why it is not. Never throws for what the record says.
struct DkimKey {
    PublicKey key;
    unsigned bits = 0;
};
std::expected<DkimKey, DkimFault> load_dkim_key(const DkimKeyRecord& record, DkimAlgorithm algorithm);

// Whether it is the key's signature of that SHA-256 hash. Costs the thread about 20 µs with RSA-2048, 70 with RSA-4096,
// 100 with Ed25519.
bool is_signature(const DkimKey& key, DkimAlgorithm algorithm, std::string_view signature, std::string_view digest);

}  // namespace mailauth
