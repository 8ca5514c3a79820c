#include "protocols/mailauth/dkim_private_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstddef>
#include <stdexcept>
#include <utility>

#include "protocols/mailauth/dkim_openssl.h"

namespace mailauth {

namespace {

using ReadKey = base::Handle<EVP_PKEY, EVP_PKEY_free>;
using Bio = base::Handle<BIO, BIO_free_all>;

void expects_success(bool success, const char* what) {
    if (success) return;
    ERR_clear_error();
    throw std::runtime_error(what);
}

// Nobody is here to be asked for a password.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) { return 0; }

std::string sign_rsa(EVP_PKEY* key, std::string_view digest) {
    const KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    std::string signature(size, '\0');
    expects_success(
        context && EVP_PKEY_sign_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
            EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
            EVP_PKEY_sign(context.get(), octets_of(signature), &size, octets_of(digest), digest.size()) == 1,
        "OpenSSL does not sign with the RSA key");
    signature.resize(size);
    return signature;
}

std::string sign_ed25519(EVP_PKEY* key, std::string_view digest) {
    const DigestContext context(EVP_MD_CTX_new());
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    std::string signature(size, '\0');
    expects_success(
        context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
            EVP_DigestSign(context.get(), octets_of(signature), &size, octets_of(digest), digest.size()) == 1,
        "OpenSSL does not sign with the Ed25519 key");
    signature.resize(size);
    return signature;
}

}  // namespace

std::expected<DkimPrivateKey, std::string> DkimPrivateKey::read(std::string_view pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    ReadKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    ERR_clear_error();
    if (!key) return std::unexpected("no private key in PEM, or one with a password");
    switch (EVP_PKEY_get_base_id(key.get())) {
        case EVP_PKEY_ED25519:
            return DkimPrivateKey(std::move(key), KeyAlgorithm::ed25519);
        case EVP_PKEY_RSA:
            break;
        default:
            return std::unexpected("neither an RSA nor an Ed25519 key");
    }
    if (static_cast<unsigned>(EVP_PKEY_get_bits(key.get())) < least_rsa_bits) {
        return std::unexpected("an RSA key of less than 1024 bits");
    }
    return DkimPrivateKey(std::move(key), KeyAlgorithm::rsa);
}

std::string DkimPrivateKey::sign(std::string_view digest) const {
    return kind_ == KeyAlgorithm::rsa ? sign_rsa(key_.get(), digest) : sign_ed25519(key_.get(), digest);
}

}  // namespace mailauth
