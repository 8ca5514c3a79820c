// Certificates (RFC 5280): makes self-signed ones for the first start, and reads the facts of any. tls.cpp chooses the
// certificate for a client.
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "protocols/base/text.h"
#include "protocols/net/openssl.h"
#include "protocols/net/tls.h"

namespace net {
namespace {

using openssl::fail;
using GeneralNames = base::Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr long self_signed_days = 3650;

std::string taken(const openssl::Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

openssl::Bio writing_bio() {
    openssl::Bio bio(BIO_new(BIO_s_mem()));
    if (!bio) fail("out of memory");
    return bio;
}

void set_serial(X509* certificate) {
    unsigned char octets[16];
    if (RAND_bytes(octets, sizeof octets) != 1) fail("random numbers");
    octets[0] &= 0x7f;  // RFC 5280 §4.1.2.2: positive
    const base::Handle<BIGNUM, BN_free> number(BN_bin2bn(octets, sizeof octets, nullptr));
    if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) fail("serial");
}

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const base::Handle<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) fail("certificate extension");
}

// Built as values, not as configuration text, so that a host name cannot inject other fields.
void add_names(X509* certificate, const std::vector<std::string>& hostnames) {
    const GeneralNames names(GENERAL_NAMES_new());
    for (const std::string& hostname : hostnames) {
        base::Handle<GENERAL_NAME, GENERAL_NAME_free> name(GENERAL_NAME_new());
        ASN1_IA5STRING* text = ASN1_IA5STRING_new();
        ASN1_STRING_set(text, hostname.data(), static_cast<int>(hostname.size()));
        GENERAL_NAME_set0_value(name.get(), GEN_DNS, text);
        if (sk_GENERAL_NAME_push(names.get(), name.get()) <= 0) fail("certificate names");
        static_cast<void>(name.release());  // the list owns it now
    }
    if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) != 1) fail("certificate names");
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return timegm(&parts);
}

std::string common_name(X509_NAME* name) {
    char text[256];
    const int length = X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text);
    return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string();
}

std::vector<std::string> dns_names(X509* certificate) {
    std::vector<std::string> found;
    const GeneralNames names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DNS) continue;
        const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
        found.push_back(base::lower({text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
    }
    if (found.empty()) found.push_back(base::lower(common_name(X509_get_subject_name(certificate))));
    return found;
}

std::string hash_of_key(const X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (size <= 0) fail("certificate");
    std::string hash(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_Digest(der, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(hash.data()), &length,
               EVP_sha256(), nullptr);
    OPENSSL_free(der);
    hash.resize(length);
    return hash;
}

}  // namespace

Certificate make_self_signed(const std::vector<std::string>& hostnames) {
    if (hostnames.empty()) throw std::runtime_error("a certificate needs a name");
    const openssl::Key key(EVP_EC_gen("P-256"));
    const openssl::X509Certificate certificate(X509_new());
    if (!key || !certificate) fail("key");
    X509* x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    set_serial(x509);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);  // the client's clock may be behind ours
    X509_gmtime_adj(X509_getm_notAfter(x509), self_signed_days * 24 * 3600);
    X509_set_pubkey(x509, key.get());
    X509_NAME* subject = X509_get_subject_name(x509);
    const std::string shown = hostnames.front().substr(0, 64);  // RFC 5280 appendix A.1: ub-common-name
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(shown.data()),
                               static_cast<int>(shown.size()), -1, 0);
    X509_set_issuer_name(x509, subject);
    add_extension(x509, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x509, NID_key_usage, "critical,digitalSignature");
    add_extension(x509, NID_ext_key_usage, "serverAuth");
    add_names(x509, hostnames);
    if (X509_sign(x509, key.get(), EVP_sha256()) == 0) fail("certificate");

    const openssl::Bio cert_bio = writing_bio();
    const openssl::Bio key_bio = writing_bio();
    if (PEM_write_bio_X509(cert_bio.get(), x509) != 1) fail("certificate");
    if (PEM_write_bio_PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) fail("key");
    return {taken(cert_bio), taken(key_bio), {}};
}

CertificateFacts read_certificate(const std::string& cert_pem) {
    const openssl::Bio bio = openssl::memory_bio(cert_pem);
    const openssl::X509Certificate certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) fail("certificate");
    CertificateFacts facts;
    facts.names = dns_names(certificate.get());
    facts.not_before = unix_seconds(X509_get0_notBefore(certificate.get()));
    facts.not_after = unix_seconds(X509_get0_notAfter(certificate.get()));
    facts.issuer = common_name(X509_get_issuer_name(certificate.get()));
    facts.key_sha256 = hash_of_key(certificate.get());
    return facts;
}

}  // namespace net
