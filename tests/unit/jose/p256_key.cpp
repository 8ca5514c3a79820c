// Signatures that others can verify, in the forms of the RFCs.
#include "protocols/jose/p256_key.h"

#include <doctest/doctest.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "protocols/base/base64.h"
#include "protocols/base/handle.h"

using base::Handle;
using jose::P256Key;

namespace {

const unsigned char* octets(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string member(const std::string& jwk, const std::string& name) {
    const std::size_t at = jwk.find('"' + name + "\":\"") + name.size() + 4;
    return base::decode_base64url(jwk.substr(at, jwk.find('"', at) - at)).value();
}

std::string pem_of(EVP_PKEY* key) {
    const Handle<BIO, BIO_free_all> bio(BIO_new(BIO_s_mem()));
    REQUIRE(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

TEST_CASE("jose: ES256 is r and s, 32 octets each, and fits the public key (RFC 7518 §3.4)") {
    const std::string pem = P256Key::make();
    const std::string raw = P256Key(pem).sign("some text");
    REQUIRE(raw.size() == 64);
    const Handle<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
    ECDSA_SIG_set0(signature.get(), BN_bin2bn(octets(raw), 32, nullptr), BN_bin2bn(octets(raw) + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    const Handle<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Handle<EVP_PKEY, EVP_PKEY_free> evp(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    REQUIRE(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, evp.get()) == 1);
    CHECK(EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(size), octets("some text"), 9) == 1);
    OPENSSL_free(der);
}

TEST_CASE("jose: a key's JSON has its members in the order that RFC 7638 §3 hashes; the point has both coordinates") {
    const P256Key key(P256Key::make());
    const std::string x = member(key.jwk(), "x");
    const std::string y = member(key.jwk(), "y");
    CHECK(x.size() == 32);
    CHECK(y.size() == 32);
    CHECK(key.jwk() == R"({"crv":"P-256","kty":"EC","x":")" + base::encode_base64url(x) + R"(","y":")" +
                           base::encode_base64url(y) + "\"}");
    CHECK(key.public_point() == '\x04' + x + y);
    CHECK(base::decode_base64url(key.thumbprint()).value().size() == 32);
}

TEST_CASE("jose: two keys agree on a secret; a point that is not on the curve is refused") {
    const P256Key one(P256Key::make());
    const P256Key other(P256Key::make());
    const auto secret = one.shared_secret(other.public_point());
    REQUIRE(secret);
    CHECK(secret->size() == 32);
    CHECK(secret == other.shared_secret(one.public_point()));
    std::string off = other.public_point();
    off.back() = static_cast<char>(off.back() ^ 1);
    CHECK_FALSE(one.shared_secret(off));
    CHECK_FALSE(one.shared_secret(""));
    CHECK_FALSE(one.shared_secret(std::string(1, '\0')));  // the point at infinity
    CHECK_FALSE(one.shared_secret(other.public_point() + "x"));
}

TEST_CASE("jose: another kind of key, another curve or no key is refused") {
    const Handle<EVP_PKEY, EVP_PKEY_free> rsa(EVP_RSA_gen(2048));
    const Handle<EVP_PKEY, EVP_PKEY_free> p384(EVP_EC_gen("P-384"));
    const Handle<EVP_PKEY, EVP_PKEY_free> k1(EVP_EC_gen("secp256k1"));  // of 256 bits, too
    for (EVP_PKEY* key : {rsa.get(), p384.get(), k1.get()}) CHECK_THROWS(P256Key(pem_of(key)));
    CHECK_THROWS(P256Key("no key"));
}
