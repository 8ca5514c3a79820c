// OpenSSL's handles and octets, for the files that sign and verify.
#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

#include "protocols/base/handle.h"

namespace mailauth {

using KeyContext = base::Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = base::Handle<EVP_MD_CTX, EVP_MD_CTX_free>;

inline const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* octets_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace mailauth
