// The example of RFC 8291 §5, octet for octet, and what is refused.
#include "protocols/webpush/encryption.h"

#include <doctest/doctest.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "protocols/base/base64.h"
#include "protocols/base/handle.h"

namespace {

std::string octets(const char* base64url) { return base::decode_base64url(base64url).value(); }

// The sender's key of the example, as PEM.
std::string example_sender() {
    const std::string secret = octets("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
    const std::string point =
        octets("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
    const base::Handle<BIGNUM, BN_free> number(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(secret.data()), 32, nullptr));
    const base::Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get());
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    const base::Handle<OSSL_PARAM, OSSL_PARAM_free> values(OSSL_PARAM_BLD_to_param(builder.get()));
    const base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    REQUIRE(EVP_PKEY_fromdata_init(context.get()) == 1);
    REQUIRE(EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, values.get()) == 1);
    const base::Handle<EVP_PKEY, EVP_PKEY_free> key(made);
    const base::Handle<BIO, BIO_free_all> bio(BIO_new(BIO_s_mem()));
    REQUIRE(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

webpush::SubscriptionKeys example_keys() {
    return {.p256dh = octets("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            .auth = octets("BTBZMqHH6r4Tts7J_aSIgg")};
}

const std::string salt = octets("DGv6ra1nlYgDCS1FRnbzlw");

}  // namespace

TEST_CASE("webpush: the example of RFC 8291 §5") {
    const auto body = webpush::encrypt("When I grow up, I want to be a watermelon", example_keys(),
                                       jose::P256Key(example_sender()), salt);
    REQUIRE(body);
    CHECK(base::encode_base64url(*body) ==
          "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
          "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN");
}

TEST_CASE("webpush: a body has 4096 octets at most; longer texts are refused") {
    const jose::P256Key ours(jose::P256Key::make());
    const auto longest = webpush::encrypt(std::string(webpush::most_plaintext_octets, 'x'), example_keys(), ours, salt);
    REQUIRE(longest);
    CHECK(longest->size() == 4096);
    CHECK_FALSE(webpush::encrypt(std::string(webpush::most_plaintext_octets + 1, 'x'), example_keys(), ours, salt));
}

TEST_CASE("webpush: keys that are none are refused") {
    const jose::P256Key ours(jose::P256Key::make());
    webpush::SubscriptionKeys keys = example_keys();
    keys.auth.pop_back();
    CHECK_FALSE(webpush::encrypt("x", keys, ours, salt));
    keys = example_keys();
    keys.p256dh.back() = static_cast<char>(keys.p256dh.back() ^ 1);  // not on the curve
    CHECK_FALSE(webpush::encrypt("x", keys, ours, salt));
    keys.p256dh.pop_back();
    CHECK_FALSE(webpush::encrypt("x", keys, ours, salt));
}
