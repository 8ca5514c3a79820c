// Requests and certificates that OpenSSL takes.
#include "server/acme/keys.h"

#include <doctest/doctest.h>
#include <openssl/x509v3.h>

#include "protocols/base/base64.h"
#include "protocols/base/handle.h"

using namespace server::acme;
using base::Handle;

namespace {

const unsigned char* octets(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// RFC 9773, appendix A: the certificate of the example.
constexpr const char* example_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
)";

}  // namespace

TEST_CASE("acme keys: a request names all names, and is signed with the key") {
    for (const KeyKind kind : {KeyKind::ecdsa, KeyKind::rsa}) {
        const std::string key = make_key(kind);
        const std::string der = make_request(key, {"mail.crepes.fr", "mta-sts.crepes.fr"});
        const unsigned char* at = octets(der);
        const Handle<X509_REQ, X509_REQ_free> request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
        REQUIRE(request);
        const Handle<EVP_PKEY, EVP_PKEY_free> evp(X509_REQ_get_pubkey(request.get()));
        CHECK(X509_REQ_verify(request.get(), evp.get()) == 1);
        STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request.get());
        const Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(
            static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr)));
        CHECK(sk_GENERAL_NAME_num(names.get()) == 2);
        sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    }
}

TEST_CASE("acme keys: the certificate that answers TLS-ALPN-01 (RFC 8737 §3)") {
    const net::Certificate certificate = challenge_certificate("mail.crepes.fr", "token.thumbprint");
    CHECK(net::read_certificate(certificate.cert_pem).names == std::vector<std::string>{"mail.crepes.fr"});
    CHECK(belongs_to(certificate.cert_pem, certificate.key_pem));
    CHECK_FALSE(belongs_to(certificate.cert_pem, make_key(KeyKind::ecdsa)));
    const Handle<BIO, BIO_free_all> bio(
        BIO_new_mem_buf(certificate.cert_pem.data(), static_cast<int>(certificate.cert_pem.size())));
    const Handle<X509, X509_free> x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    const Handle<ASN1_OBJECT, ASN1_OBJECT_free> kind(OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
    X509_EXTENSION* extension = X509_get_ext(x509.get(), X509_get_ext_by_OBJ(x509.get(), kind.get(), -1));
    REQUIRE(extension != nullptr);
    CHECK(X509_EXTENSION_get_critical(extension) == 1);
    const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension);
    const std::string value(reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)),
                            static_cast<std::size_t>(ASN1_STRING_length(data)));
    CHECK(value == "\x04\x20" + base::decode_base64url(dns_value("token.thumbprint")).value());
}

TEST_CASE("acme keys: the name of a certificate at the server (RFC 9773 §4.1), and its key's TLSA data") {
    CHECK(renewal_id(example_certificate) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    CHECK(renewal_id(net::make_self_signed({"a.example"}).cert_pem).empty());
    const std::string key = make_key(KeyKind::ecdsa);
    CHECK(tlsa_data(key).size() == 64);
    CHECK(tlsa_data(key) == tlsa_data(key));
    CHECK(tlsa_data(key) != tlsa_data(make_key(KeyKind::ecdsa)));
}
