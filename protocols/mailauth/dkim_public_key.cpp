#include "protocols/mailauth/dkim_public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "protocols/mailauth/dkim_openssl.h"
#include "protocols/mailauth/dkim_rsa_der.h"
#include "protocols/mailauth/tag_list.h"

namespace mailauth {

namespace {

constexpr std::size_t ed25519_octets = 32;
constexpr int most_exponent_bits = 33;  // RFC 8017 allows any; those in use are 3 and 65537

using Number = base::Handle<BIGNUM, BN_free>;

std::unexpected<DkimFault> permanent_fault(std::string reason) {
    return std::unexpected(DkimFault{.verdict = DkimVerdict::permerror, .reason = std::move(reason)});
}

bool is_listed(std::string_view list, std::string_view one, std::string_view other) {
    return std::ranges::any_of(split_colons(list),
                               [&](auto item) { return base::iequals(item, one) || base::iequals(item, other); });
}

bool has_flag(std::string_view flags, std::string_view flag) { return is_listed(flags, flag, flag); }

// A number as OpenSSL has it; never negative.
Number number_of(std::string_view octets) {
    return Number(BN_bin2bn(octets_of(octets), static_cast<int>(octets.size()), nullptr));
}

PublicKey make_rsa_key(const BIGNUM* modulus, const BIGNUM* exponent) {
    const base::Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent);
    const base::Handle<OSSL_PARAM, OSSL_PARAM_free> numbers(OSSL_PARAM_BLD_to_param(builder.get()));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    if (!numbers || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, numbers.get()) != 1) {
        ERR_clear_error();
    }
    return PublicKey(key);
}

std::expected<DkimKey, DkimFault> load_rsa(std::string_view data) {
    const std::optional<RsaPublicNumbers> numbers = parse_rsa_public_key(data);
    if (!numbers) return permanent_fault("p= is no RSA key");
    const Number modulus = number_of(numbers->modulus);
    const Number exponent = number_of(numbers->exponent);
    const auto bits = static_cast<unsigned>(BN_num_bits(modulus.get()));
    if (bits < least_rsa_bits) return permanent_fault("an RSA key of " + std::to_string(bits) + " bits is too short");
    // A large exponent would make each check as slow as signing.
    if (bits > most_rsa_bits || BN_num_bits(exponent.get()) > most_exponent_bits) {
        return permanent_fault("an RSA key that is too costly");
    }
    if (BN_is_odd(modulus.get()) == 0 || BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) {
        return permanent_fault("p= is no RSA key");
    }
    PublicKey key = make_rsa_key(modulus.get(), exponent.get());
    if (!key) return permanent_fault("p= is no RSA key");
    return DkimKey{.key = std::move(key), .bits = bits};
}

std::expected<DkimKey, DkimFault> load_ed25519(std::string_view data) {
    if (data.size() != ed25519_octets) return permanent_fault("p= is no Ed25519 key");
    PublicKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets_of(data), data.size()));
    ERR_clear_error();
    if (!key) return permanent_fault("p= is no Ed25519 key");
    return DkimKey{.key = std::move(key), .bits = ed25519_octets * 8};
}

bool is_rsa_signature(EVP_PKEY* key, std::string_view signature, std::string_view digest) {
    const KeyContext context(EVP_PKEY_CTX_new(key, nullptr));
    return context && EVP_PKEY_verify_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
           EVP_PKEY_verify(context.get(), octets_of(signature), signature.size(), octets_of(digest), digest.size()) ==
               1;
}

// The hash is the message that is signed (RFC 8463 §3).
bool is_ed25519_signature(EVP_PKEY* key, std::string_view signature, std::string_view digest) {
    const DigestContext context(EVP_MD_CTX_new());
    return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(digest), digest.size()) ==
               1;
}

}  // namespace

std::expected<DkimKeyRecord, DkimFault> parse_dkim_key_record(std::string_view text) {
    const std::expected<TagList, std::string> tags = parse_tag_list(text);
    if (!tags) return permanent_fault("the key record is malformed: " + tags.error());
    if (const std::optional<std::string_view> version = tags->value("v")) {
        if (tags->tags().front().name != "v") return permanent_fault("v= is not the key record's first tag");
        if (*version != "DKIM1") return permanent_fault("the key record's v= is not DKIM1");
    }
    DkimKeyRecord record;
    const std::string_view kind = tags->value("k").value_or("rsa");
    if (base::iequals(kind, "ed25519")) {
        record.algorithm = KeyAlgorithm::ed25519;
    } else if (!base::iequals(kind, "rsa")) {
        return permanent_fault("the key record's k= is unknown");
    }
    const std::optional<std::string_view> data = tags->value("p");
    if (!data) return permanent_fault("the key record has no p=");
    std::optional<std::string> octets = base::decode_base64(without_white_space(*data));
    if (!octets) return permanent_fault("the key record's p= is not base64");
    record.data = std::move(*octets);
    record.allows_sha256 = has_flag(tags->value("h").value_or("sha256"), "sha256");
    record.is_for_mail = is_listed(tags->value("s").value_or("*"), "*", "email");
    record.is_testing = has_flag(tags->value("t").value_or(""), "y");
    record.is_strict = has_flag(tags->value("t").value_or(""), "s");
    return record;
}

std::expected<DkimKey, DkimFault> load_dkim_key(const DkimKeyRecord& record, DkimAlgorithm algorithm) {
    const KeyAlgorithm needed = algorithm == DkimAlgorithm::rsa_sha256 ? KeyAlgorithm::rsa : KeyAlgorithm::ed25519;
    if (!record.is_for_mail) return permanent_fault("the key is not for mail");
    if (!record.allows_sha256) return permanent_fault("the key is not for SHA-256");
    if (record.data.empty()) return permanent_fault("the key is revoked");
    if (record.algorithm != needed) return permanent_fault("the key is not for the algorithm of a=");
    return needed == KeyAlgorithm::rsa ? load_rsa(record.data) : load_ed25519(record.data);
}

bool is_signature(const DkimKey& key, DkimAlgorithm algorithm, std::string_view signature, std::string_view digest) {
    const bool good = algorithm == DkimAlgorithm::rsa_sha256 ? is_rsa_signature(key.key.get(), signature, digest)
                                                             : is_ed25519_signature(key.key.get(), signature, digest);
    if (!good) ERR_clear_error();
    return good;
}

}  // namespace mailauth
