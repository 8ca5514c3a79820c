// One client's connection: HTTP/2 if the client has chosen it (ALPN "h2", RFC 9113 §3.2; without TLS by its preface,
// §3.3), else HTTP/1.1 (RFC 9112). Handlers make the answers (exchange.h). README.md of this folder.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/http/options.h"
#include "protocols/net/stream.h"

namespace http {

// Serves one client until it leaves, is silent or slow for too long, or the server stops; then closes the stream. Never
// throws. Implicit TLS must be active already. Options and services must outlive it, and what its handlers use must
// outlive the handlers, of which one may end a little after the connection.
asio::awaitable<void> serve(net::Stream stream, std::string session_id, const Options& options,
                            const Services& services);

// For TlsContext: best first.
std::vector<std::string> alpn_protocols();

// What a client hears that is not admitted, in the version that it has agreed on.
std::string farewell(std::string_view reason, bool is_http2);

}  // namespace http
