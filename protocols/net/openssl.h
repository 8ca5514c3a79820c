// Owning handles of OpenSSL objects, and its error queue as text. For protocols/net's own .cpp files.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdexcept>
#include <string>

#include "protocols/base/handle.h"

namespace net::openssl {

using SslContext = base::Handle<SSL_CTX, SSL_CTX_free>;
using Ssl = base::Handle<SSL, SSL_free>;
using Bio = base::Handle<BIO, BIO_free_all>;
using BioMethod = base::Handle<BIO_METHOD, BIO_meth_free>;
using X509Certificate = base::Handle<X509, X509_free>;
using Key = base::Handle<EVP_PKEY, EVP_PKEY_free>;

// The oldest reason in this thread's error queue; empties the queue.
std::string take_reason();

// Throws std::runtime_error: what, and OpenSSL's reason.
[[noreturn]] void fail(const std::string& what);

Bio memory_bio(const std::string& octets);  // reads from octets, which must outlive it

}  // namespace net::openssl
