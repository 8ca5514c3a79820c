// One message, one connection: sends the content as it lies in the store, without the Return-Path line that is ours,
// and fitted to what the peer can take (fitting.h).
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/services/event_log.h"
#include "protocols/smtp/client.h"
#include "storage/queue.h"
#include "storage/store.h"

namespace server::queue {

// The transaction for all recipients of `message` (those that are due). Throws when the store cannot be read.
asio::awaitable<smtp::SendResult> send_message(storage::Store& store, services::EventLog& log, smtp::Client& client,
                                               const storage::QueueMessage& message);

}  // namespace server::queue
