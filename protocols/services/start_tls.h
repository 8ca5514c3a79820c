// STARTTLS for all protocols: the handshake, its log line, and its failure.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"

namespace services {

// Does the handshake as the server. The stream drops commands pipelined in plain text (RFC 3207 §5); the session must
// forget what it learnt before. Throws HandshakeFailed (session_end.h), also if there is no context.
asio::awaitable<void> start_tls(net::Stream& stream, net::TlsContext* context, const SessionLog& log);

}  // namespace services
