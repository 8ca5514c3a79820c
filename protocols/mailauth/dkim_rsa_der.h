// RSA public keys in DER, as key records have them. OpenSSL would read them as well, but takes 120 µs to find out which
// of many forms it is: more than all else that a signature costs.
#pragma once

#include <optional>
#include <string_view>

namespace mailauth {

// Unsigned, the highest octet first, without leading zeros. The views point into the DER.
struct RsaPublicNumbers {
    std::string_view modulus;
    std::string_view exponent;
};

// Of a SubjectPublicKeyInfo with the algorithm rsaEncryption (RFC 8017 §A.1), which everybody publishes, or of a bare
// RSAPublicKey (RFC 8017 §A.1.1), which RFC 6376 §3.6.1 says; nothing before or after it. Nothing if it is neither.
std::optional<RsaPublicNumbers> parse_rsa_public_key(std::string_view der);

}  // namespace mailauth
