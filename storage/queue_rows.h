// Rows of the queue as values. For storage/queue*.cpp only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/delivery_attempts.h"
#include "storage/engine/connection.h"
#include "storage/queue.h"

namespace storage {

// Refuses no_such_queue_message; without its recipients.
Result<QueueMessage> find_queue_message(engine::Connection& connection, QueueMessageId id);
// The message's due recipients, one a row for read_recipient.
engine::Statement due_recipients(engine::Connection& connection, QueueMessageId message, std::int64_t now);
QueueRecipient read_recipient(const engine::Statement& row);
std::vector<QueueRecipient> queue_recipients(engine::Connection& connection, QueueMessageId message);
// Whole messages, or this one alone, in their order.
std::vector<QueueMessage> queue_messages(engine::Connection& connection, std::optional<QueueMessageId> one);

// Writes down an attempt; it is the recipient's with this number, from 1.
void note_attempt(engine::Connection& connection, const DeliveryAttempt& attempt, std::uint32_t number);

// Whether it has recipients whose fate is not decided yet.
bool has_waiting(engine::Connection& connection, QueueMessageId message);
// Removes the message and its recipients, of which none waits.
void remove_queue_message(engine::Connection& connection, QueueMessageId message);

// The part of a forward-path after the last '@', in lower case; no look-ups.
std::string domain_of(std::string_view forward_path);

// Keeps it with a message that it is the sender of, and forgets a few that have expired. return_addresses.cpp.
void keep_long_sender(engine::Connection& connection, const LongSender& sender, std::int64_t now);

}  // namespace storage
