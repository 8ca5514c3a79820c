// Serves one IMAP client, from greeting to goodbye. RFC 3501 and the extensions in its CAPABILITY. The caller accepts
// the connection, and does the TLS handshake of implicit TLS.
#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "protocols/imap/options.h"
#include "protocols/net/stream.h"

namespace imap {

// Returns when the session is over; never throws because of the client. options and services must outlive it.
asio::awaitable<void> serve(net::Stream stream, std::string session_id, const Options& options,
                            const Services& services);

}  // namespace imap
