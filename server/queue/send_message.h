// Sends one message over one connection: its prefix (header fields for this next hop) and the stored content without
// our Return-Path line, adapted to what the peer can take (fitting.h), and signed if it is ours (signing.h).
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "protocols/services/event_log.h"
#include "protocols/smtp/client.h"
#include "server/queue/connector.h"
#include "server/queue/signing.h"
#include "storage/queue.h"
#include "storage/store.h"

namespace server::queue {

constexpr std::uint64_t chunk_octets = 128u << 10;  // of content that is read at once

// Whether MAIL passes the sender's demand on. A message for which there was a connection without what it takes is a
// bounce (RFC 8689 §5).
bool says_requiretls(const Connected& connected, const storage::QueueMessage& message);

// One transaction for all recipients of `message`, whose content begins with `beginning`, its first chunk. Throws if
// the store cannot be read.
asio::awaitable<smtp::SendResult> send_message(storage::Store& store, services::EventLog& log, Connected& connected,
                                               const storage::QueueMessage& message, std::string beginning,
                                               Signing& signing);

}  // namespace server::queue
