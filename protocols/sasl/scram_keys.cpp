// SCRAM's key derivation (RFC 5802 §3) with SHA-256 (RFC 7677), by OpenSSL.
#include "protocols/sasl/scram_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdexcept>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/sasl/saslprep.h"

namespace sasl {

namespace {

const unsigned char* octets_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view octets) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    unsigned length = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets_of(octets), octets.size(),
             octets_of(digest), &length) == nullptr) {
        throw std::runtime_error("OpenSSL computes no HMAC");
    }
    return digest;
}

std::string sha256(std::string_view octets) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(octets_of(octets), octets.size(), octets_of(digest));
    return digest;
}

std::string salted_password(std::string_view password, std::string_view salt, std::uint32_t iterations) {
    std::string key(SHA256_DIGEST_LENGTH, '\0');
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets_of(salt),
                          static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                          static_cast<int>(key.size()), octets_of(key)) != 1) {
        throw std::runtime_error("OpenSSL derives no key");
    }
    return key;
}

std::string exclusive_or(std::string_view a, std::string_view b) {
    base::expects(a.size() == b.size(), "exclusive or of unequal lengths");
    std::string result(a);
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<char>(result[i] ^ b[i]);
    return result;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_octets(std::size_t count) {
    std::string octets(count, '\0');
    if (RAND_bytes(octets_of(octets), static_cast<int>(count)) != 1) {
        throw std::runtime_error("OpenSSL has no random octets");
    }
    return octets;
}

ScramKeys derive_scram_keys(std::string_view password, std::string salt, std::uint32_t iterations) {
    std::string salted = salted_password(normalise_password(password), salt, iterations);
    ScramKeys keys{.salt = std::move(salt),
                   .iterations = iterations,
                   .stored_key = sha256(hmac_sha256(salted, "Client Key")),
                   .server_key = hmac_sha256(salted, "Server Key")};
    OPENSSL_cleanse(salted.data(), salted.size());
    return keys;
}

ScramKeys fake_scram_keys(std::string_view secret, std::string_view user, std::uint32_t iterations) {
    const std::string seed = hmac_sha256(secret, user);
    return {.salt = hmac_sha256(seed, "salt").substr(0, scram_salt_octets),
            .iterations = iterations,
            .stored_key = hmac_sha256(seed, "stored key"),
            .server_key = hmac_sha256(seed, "server key")};
}

}  // namespace sasl
