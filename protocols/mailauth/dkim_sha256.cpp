#include "protocols/mailauth/dkim_sha256.h"

#include <stdexcept>

namespace mailauth {

namespace {

void expects_success(int result) {
    if (result != 1) throw std::runtime_error("OpenSSL computes no SHA-256");
}

// Looked up once: each look-up by name takes as long as hashing a small message.
const EVP_MD* algorithm() {
    static const base::Handle<EVP_MD, EVP_MD_free> fetched(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    return fetched.get();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    expects_success(EVP_DigestInit_ex(context_.get(), algorithm(), nullptr));
}

Sha256::Sha256(const Sha256& other) : context_(EVP_MD_CTX_new()) {
    expects_success(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()));
}

void Sha256::update(std::string_view octets) {
    expects_success(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()));
}

std::string Sha256::digest() const {
    const Sha256 copy(*this);
    std::string octets(32, '\0');
    expects_success(EVP_DigestFinal_ex(copy.context_.get(), reinterpret_cast<unsigned char*>(octets.data()), nullptr));
    return octets;
}

}  // namespace mailauth
