// The SSL_CTXs behind a TlsContext. For protocols/net's own .cpp files.
#pragma once

#include <string>
#include <vector>

#include "protocols/net/openssl.h"
#include "protocols/net/tls.h"

namespace net {

struct TlsContext::State {
    struct Named {
        std::vector<std::string> names;
        openssl::SslContext context;
    };
    bool server = false;
    ServerTlsOptions server_options;
    std::string alpn_wire;          // RFC 7301 §3.1: each with its length before it
    std::vector<Named> identities;  // server: one for each set of names
    openssl::SslContext client;
};

}  // namespace net
