// OpenSSL 3.
#include "protocols/jose/p256_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>

#include "protocols/base/base64.h"
#include "protocols/base/handle.h"

namespace jose {

namespace {

using Bio = base::Handle<BIO, BIO_free_all>;
using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;

constexpr std::size_t coordinate_octets = 32;
constexpr std::size_t point_octets = 1 + 2 * coordinate_octets;

// The queue of errors ends with the exception.
[[noreturn]] void fail(const std::string& what) {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    const std::string text = what + ": " + (reason == nullptr ? "no reason is known" : reason);
    ERR_clear_error();
    throw std::runtime_error(text);
}

const unsigned char* octets_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string text_of(const unsigned char* octets, std::size_t size) {
    return {reinterpret_cast<const char*>(octets), size};
}

Key read_key(const std::string& pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) fail("memory");
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    if (!key) fail("private key");
    std::array<char, 80> group{};
    std::size_t size = 0;
    const bool known = EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &size) == 1;
    if (!known || std::string_view(group.data(), size) != SN_X9_62_prime256v1) {
        ERR_clear_error();
        throw std::runtime_error("the key is not ECDSA P-256");
    }
    return key;
}

std::string coordinate(const Key& key, const char* which) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), which, &number) != 1) fail("key");
    const base::Handle<BIGNUM, BN_free> owned(number);
    std::array<unsigned char, coordinate_octets> octets{};
    if (BN_bn2binpad(number, octets.data(), octets.size()) < 0) fail("key");
    return text_of(octets.data(), octets.size());
}

// RFC 7518 §3.4: r and s, each of 32 octets, in place of their DER.
std::string raw_signature(std::string_view der) {
    const unsigned char* at = octets_of(der);
    const base::Handle<ECDSA_SIG, ECDSA_SIG_free> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    if (!signature) fail("signature");
    std::array<unsigned char, 2 * coordinate_octets> octets{};
    if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets.data(), coordinate_octets) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets.data() + coordinate_octets, coordinate_octets) < 0) {
        fail("signature");
    }
    return text_of(octets.data(), octets.size());
}

// nullptr: the point is not on the curve, which would tell its sender of the key (RFC 8291 §7), or at infinity.
Key peer_key(const Key& ours, std::string_view point) {
    if (point.size() != point_octets) return nullptr;
    Key peer(EVP_PKEY_new());
    if (!peer || EVP_PKEY_copy_parameters(peer.get(), ours.get()) != 1) fail("memory");
    if (EVP_PKEY_set1_encoded_public_key(peer.get(), octets_of(point), point.size()) != 1) peer.reset();
    ERR_clear_error();
    return peer;
}

}  // namespace

struct P256Key::Handle {
    Key key;
};

std::string P256Key::make() {
    const Key key(EVP_EC_gen("P-256"));
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!key || !bio || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        fail("new key");
    }
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

P256Key::P256Key(const std::string& pem) : handle_(std::make_unique<Handle>(read_key(pem))) {
    const Key& key = handle_->key;
    jwk_ = R"({"crv":"P-256","kty":"EC","x":")" + base::encode_base64url(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X)) +
           R"(","y":")" + base::encode_base64url(coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y)) + "\"}";
}

P256Key::~P256Key() = default;
P256Key::P256Key(P256Key&&) noexcept = default;

std::string P256Key::thumbprint() const {
    std::array<unsigned char, 32> digest{};
    if (EVP_Digest(jwk_.data(), jwk_.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) fail("SHA-256");
    return base::encode_base64url(text_of(digest.data(), digest.size()));
}

std::string P256Key::public_point() const {
    return '\x04' + coordinate(handle_->key, OSSL_PKEY_PARAM_EC_PUB_X) +
           coordinate(handle_->key, OSSL_PKEY_PARAM_EC_PUB_Y);
}

std::string P256Key::sign(std::string_view text) const {
    const base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    std::array<unsigned char, 80> der{};
    std::size_t size = der.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, handle_->key.get()) != 1 ||
        EVP_DigestSign(context.get(), der.data(), &size, octets_of(text), text.size()) != 1) {
        fail("signature");
    }
    return raw_signature(text_of(der.data(), size));
}

std::optional<std::string> P256Key::shared_secret(std::string_view point) const {
    const Key peer = peer_key(handle_->key, point);
    if (!peer) return std::nullopt;
    const base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new(handle_->key.get(), nullptr));
    std::array<unsigned char, coordinate_octets> secret{};
    std::size_t size = secret.size();
    if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
        EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
        EVP_PKEY_derive(context.get(), secret.data(), &size) != 1) {
        fail("shared secret");
    }
    return text_of(secret.data(), size);
}

}  // namespace jose
