// SHA-256 of what comes in pieces, by OpenSSL: the only hash that DKIM and ARC still use (RFC 8301 §3.1).
#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

#include "protocols/base/handle.h"

namespace mailauth {

class Sha256 {
  public:
    Sha256();
    // A copy goes on from where the other stands.
    Sha256(const Sha256& other);
    Sha256(Sha256&&) noexcept = default;
    Sha256& operator=(const Sha256&) = delete;
    Sha256& operator=(Sha256&&) noexcept = default;

    void update(std::string_view octets);

    // The 32 octets of the hash of all so far. More may follow.
    [[nodiscard]] std::string digest() const;

  private:
    base::Handle<EVP_MD_CTX, EVP_MD_CTX_free> context_;
};

}  // namespace mailauth
