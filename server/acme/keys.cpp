// OpenSSL 3.
#include "server/acme/keys.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "protocols/base/base64.h"
#include "protocols/base/handle.h"

namespace server::acme {

namespace {

using Bio = base::Handle<BIO, BIO_free_all>;
using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;
using X509Certificate = base::Handle<X509, X509_free>;
using X509Request = base::Handle<X509_REQ, X509_REQ_free>;
using X509Extension = base::Handle<X509_EXTENSION, X509_EXTENSION_free>;
using Names = base::Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr long answer_seconds = 7 * 86'400L;

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

Bio reading(const std::string& text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!bio) fail("memory");
    return bio;
}

Bio writing() {
    Bio bio(BIO_new(BIO_s_mem()));
    if (!bio) fail("memory");
    return bio;
}

std::string written(const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

Key read_key(const std::string& pem) {
    const Bio bio = reading(pem);
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    if (!key) fail("private key");
    return key;
}

std::string write_key(const Key& key) {
    const Bio bio = writing();
    if (PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) fail("private key");
    return written(bio);
}

X509Certificate read_leaf(const std::string& chain_pem) {
    const Bio bio = reading(chain_pem);
    X509Certificate leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!leaf) fail("certificate");
    return leaf;
}

std::string sha256(std::string_view text) {
    std::array<unsigned char, 32> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) fail("SHA-256");
    return text_of(digest.data(), digest.size());
}

// As values, so that a name cannot bring in other fields.
Names general_names(const std::vector<std::string>& names) {
    Names list(GENERAL_NAMES_new());
    for (const std::string& name : names) {
        base::Handle<GENERAL_NAME, GENERAL_NAME_free> one(GENERAL_NAME_new());
        ASN1_IA5STRING* text = ASN1_IA5STRING_new();
        ASN1_STRING_set(text, name.data(), static_cast<int>(name.size()));
        GENERAL_NAME_set0_value(one.get(), GEN_DNS, text);
        if (sk_GENERAL_NAME_push(list.get(), one.get()) <= 0) fail("names");
        static_cast<void>(one.release());  // the list owns it now
    }
    return list;
}

void add_names(X509_REQ* request, const std::vector<std::string>& names) {
    const Names list = general_names(names);
    const X509Extension extension(X509V3_EXT_i2d(NID_subject_alt_name, 0, list.get()));
    STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
    const bool added = extension && extensions != nullptr && sk_X509_EXTENSION_push(extensions, extension.get()) > 0 &&
                       X509_REQ_add_extensions(request, extensions) == 1;
    sk_X509_EXTENSION_free(extensions);  // the list, not what is in it
    if (!added) fail("names");
}

// id-pe-acmeIdentifier, critical: an OCTET STRING with the SHA-256 of the key authorization (RFC 8737 §3).
void add_acme_identifier(X509* certificate, std::string_view key_authorization) {
    const std::string value = "\x04\x20" + sha256(key_authorization);  // in DER
    const base::Handle<ASN1_OBJECT, ASN1_OBJECT_free> kind(OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
    const base::Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> data(ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(data.get(), octets_of(value), static_cast<int>(value.size()));
    const X509Extension extension(X509_EXTENSION_create_by_OBJ(nullptr, kind.get(), 1, data.get()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) fail("acmeIdentifier");
}

std::string public_key_der(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) fail("public key");
    std::string text = text_of(der, static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

}  // namespace

std::string make_key(KeyKind kind) {
    const Key key(kind == KeyKind::ecdsa ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
    if (!key) fail("new key");
    return write_key(key);
}

std::string key_authorization(std::string_view token, const jose::P256Key& key) {
    return std::string(token) + "." + key.thumbprint();
}

std::string dns_value(std::string_view key_authorization) { return base::encode_base64url(sha256(key_authorization)); }

net::Certificate challenge_certificate(const std::string& name, std::string_view key_authorization) {
    const std::string key_pem = make_key(KeyKind::ecdsa);
    const Key key = read_key(key_pem);
    const X509Certificate certificate(X509_new());
    X509* x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), answer_seconds);
    X509_set_pubkey(x509, key.get());
    X509_NAME* subject = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, octets_of("ACME challenge"), -1, -1, 0);
    X509_set_issuer_name(x509, subject);
    const Names names = general_names({name});
    if (X509_add1_ext_i2d(x509, NID_subject_alt_name, names.get(), 0, 0) != 1) fail("names");
    add_acme_identifier(x509, key_authorization);
    if (X509_sign(x509, key.get(), EVP_sha256()) == 0) fail("certificate");
    const Bio bio = writing();
    if (PEM_write_bio_X509(bio.get(), x509) != 1) fail("certificate");
    return {.cert_pem = written(bio), .key_pem = key_pem};
}

std::string make_request(const std::string& key_pem, const std::vector<std::string>& names) {
    const Key key = read_key(key_pem);
    const X509Request request(X509_REQ_new());
    if (!request || X509_REQ_set_version(request.get(), 0) != 1 || X509_REQ_set_pubkey(request.get(), key.get()) != 1) {
        fail("certificate request");
    }
    add_names(request.get(), names);
    if (X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) fail("certificate request");
    unsigned char* der = nullptr;
    const int size = i2d_X509_REQ(request.get(), &der);
    if (size <= 0) fail("certificate request");
    std::string text = text_of(der, static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

bool belongs_to(const std::string& chain_pem, const std::string& key_pem) {
    const X509Certificate leaf = read_leaf(chain_pem);
    const Key key = read_key(key_pem);
    const bool does = X509_check_private_key(leaf.get(), key.get()) == 1;
    ERR_clear_error();
    return does;
}

std::string certificate_hash(const std::string& chain_pem) {
    const X509Certificate leaf = read_leaf(chain_pem);
    std::array<unsigned char, 32> digest{};
    if (X509_digest(leaf.get(), EVP_sha256(), digest.data(), nullptr) != 1) fail("SHA-256");
    return text_of(digest.data(), digest.size());
}

std::string renewal_id(const std::string& chain_pem) {
    const X509Certificate leaf = read_leaf(chain_pem);
    const ASN1_OCTET_STRING* issuer = X509_get0_authority_key_id(leaf.get());
    if (issuer == nullptr) return {};
    // The DER of the number, without tag and length.
    unsigned char* der = nullptr;
    const int size = i2d_ASN1_INTEGER(X509_get_serialNumber(leaf.get()), &der);
    if (size < 3) fail("serial number");
    const std::string serial = text_of(der + 2, static_cast<std::size_t>(size) - 2);
    OPENSSL_free(der);
    return base::encode_base64url(
               text_of(ASN1_STRING_get0_data(issuer), static_cast<std::size_t>(ASN1_STRING_length(issuer)))) +
           "." + base::encode_base64url(serial);
}

std::string public_key_hash(const std::string& key_pem) {
    const Key key = read_key(key_pem);
    return sha256(public_key_der(key.get()));
}

std::string tlsa_data(const std::string& key_pem) {
    std::string text;
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : public_key_hash(key_pem)) {
        const auto octet = static_cast<unsigned char>(c);
        text += digits[octet >> 4];
        text += digits[octet & 15];
    }
    return text;
}

}  // namespace server::acme
