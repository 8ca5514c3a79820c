// Any octets are a key record or an error, and any key of one is too short, too costly, or good for nothing but a
// signature of its own.
#include <openssl/err.h>
#include <openssl/x509.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/mailauth/dkim_public_key.h"

namespace {

// What we read as a key, OpenSSL reads as the same.
void check_rsa(const std::string& der, unsigned bits) {
    if (bits < mailauth::least_rsa_bits) std::abort();
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    mailauth::PublicKey key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
    if (!key) {
        at = reinterpret_cast<const unsigned char*>(der.data());
        key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
    }
    if (!key || static_cast<unsigned>(EVP_PKEY_get_bits(key.get())) != bits) std::abort();
    ERR_clear_error();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto record = mailauth::parse_dkim_key_record(input);
    if (!record) {
        if (record.error().reason.empty()) std::abort();
        return 0;
    }
    // The record's octets as a key, too: mutated base64 seldom is one.
    for (const bool raw : {false, true}) {
        mailauth::DkimKeyRecord one = *record;
        if (raw) one.data = input;
        for (const auto algorithm : {mailauth::DkimAlgorithm::rsa_sha256, mailauth::DkimAlgorithm::ed25519_sha256}) {
            const auto key = mailauth::load_dkim_key(one, algorithm);
            if (!key) continue;
            if (algorithm == mailauth::DkimAlgorithm::rsa_sha256) check_rsa(one.data, key->bits);
            (void)mailauth::is_signature(*key, algorithm, input, std::string(32, 'd'));
        }
    }
    return 0;
}
