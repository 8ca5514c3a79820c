#include "tests/unit/server/queue/certificate_authority.h"

#include <openssl/x509v3.h>

#include <atomic>
#include <fstream>

namespace {

using net::openssl::fail;
using net::openssl::Key;
using net::openssl::X509Certificate;
using X509Extension = base::Handle<X509_EXTENSION, X509_EXTENSION_free>;

constexpr long day_seconds = 24 * 3600;

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const X509Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) fail("certificate extension");
}

// Without issuer, extensions and signature, which are added later.
X509Certificate begin(const std::string& common_name, EVP_PKEY* key, int from_days, int to_days) {
    static std::atomic<long> serial = 1;
    X509Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_days * day_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_days * day_seconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
    if (X509_sign(certificate, key, EVP_sha256()) == 0) fail("certificate");
}

std::string taken(const net::openssl::Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    const net::openssl::Bio bio(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(bio.get(), certificate) != 1) fail("certificate");
    return taken(bio);
}

std::string pem_of(EVP_PKEY* key) {
    const net::openssl::Bio bio(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) fail("key");
    return taken(bio);
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& name)
    : key_(EVP_EC_gen("P-256")), certificate_(begin(name, key_.get(), -1, 1)) {
    X509* own = certificate_.get();
    X509_set_issuer_name(own, X509_get_subject_name(own));
    extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
    extend(own, own, NID_key_usage, "critical,keyCertSign");
    sign(own, key_.get());
}

net::Certificate CertificateAuthority::issue(const std::string& names, int from_days, int to_days) const {
    const Key key(EVP_EC_gen("P-256"));
    const X509Certificate certificate = begin("leaf", key.get(), from_days, to_days);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    extend(certificate.get(), certificate_.get(), NID_subject_alt_name, names);
    sign(certificate.get(), key_.get());
    return {pem_of(certificate.get()), pem_of(key.get()), {}};
}

void CertificateAuthority::write(const std::filesystem::path& file) const {
    std::ofstream(file) << pem_of(certificate_.get());
}

net::Certificate self_signed(const std::string& names) {
    const Key key(EVP_EC_gen("P-256"));
    const X509Certificate certificate = begin("leaf", key.get(), -1, 1);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    extend(certificate.get(), certificate.get(), NID_subject_alt_name, names);
    sign(certificate.get(), key.get());
    return {pem_of(certificate.get()), pem_of(key.get()), {}};
}
