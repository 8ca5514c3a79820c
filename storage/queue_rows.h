// Rows of the queue as values. For storage/queue*.cpp only.
#pragma once

#include "storage/engine/connection.h"
#include "storage/queue.h"

namespace storage {

// Refuses no_such_queue_message; without its recipients.
Result<QueueMessage> find_queue_message(engine::Connection& connection, QueueMessageId id);
// The message's due recipients, one a row for read_recipient.
engine::Statement due_recipients(engine::Connection& connection, QueueMessageId message, std::int64_t now);
QueueRecipient read_recipient(const engine::Statement& row);
std::vector<QueueRecipient> queue_recipients(engine::Connection& connection, QueueMessageId message);

// Keeps it with a message that it is the sender of, and forgets a few that have expired. return_addresses.cpp.
void keep_long_sender(engine::Connection& connection, const LongSender& sender, std::int64_t now);

}  // namespace storage
