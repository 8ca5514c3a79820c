// By OpenSSL. p= of RSA is a SubjectPublicKeyInfo, as all the world writes it (RFC 6376 erratum 3017), of Ed25519 the
// bare 32 octets.
#include "protocols/mailauth/dkim_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "protocols/base/base64.h"
#include "protocols/base/handle.h"

namespace mailauth {

namespace {

constexpr std::size_t rsa_bits = 2048;

using NewKey = base::Handle<EVP_PKEY, EVP_PKEY_free>;
using KeyText = base::Handle<BIO, BIO_free_all>;

std::string pem_of(EVP_PKEY* key) {
    const KeyText bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        throw std::runtime_error("a DKIM key cannot be written");
    }
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string public_octets(KeyAlgorithm algorithm, EVP_PKEY* key) {
    if (algorithm == KeyAlgorithm::ed25519) {
        std::string raw(32, '\0');
        std::size_t size = raw.size();
        if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size) != 1) return {};
        return raw;
    }
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) return {};
    std::string octets(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return octets;
}

}  // namespace

std::string_view word_of(KeyAlgorithm algorithm) { return algorithm == KeyAlgorithm::rsa ? "rsa" : "ed25519"; }

KeyPair make_key(KeyAlgorithm algorithm) {
    const NewKey key(algorithm == KeyAlgorithm::rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits)
                                                    : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    if (!key) throw std::runtime_error("a DKIM key cannot be made");
    const std::string octets = public_octets(algorithm, key.get());
    if (octets.empty()) throw std::runtime_error("a DKIM key has no public part");
    return {.private_key = pem_of(key.get()), .public_key = base::encode_base64(octets)};
}

std::string key_record(KeyAlgorithm algorithm, std::string_view public_key) {
    return "v=DKIM1; k=" + std::string(word_of(algorithm)) + "; p=" + std::string(public_key);
}

}  // namespace mailauth
