// The IMAP door: one conversation with one client, from greeting to goodbye. RFC 3501 and the extensions of its
// CAPABILITY. The caller accepts the connection, and does the TLS handshake where TLS comes first.
#pragma once

#include <asio/awaitable.hpp>
#include <string>

#include "protocols/imap/options.h"
#include "protocols/net/stream.h"

namespace imap {

// Returns when the conversation is over; throws nothing that is the client's doing. options and services outlive it.
asio::awaitable<void> serve(net::Stream stream, std::string session_id, const Options& options,
                            const Services& services);

}  // namespace imap
