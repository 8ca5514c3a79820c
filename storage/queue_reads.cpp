// What the queue runner and administrators read of the queue.
#include <unordered_set>
#include <utility>

#include "storage/engine/connection.h"
#include "storage/queue.h"

namespace storage {

namespace {

using engine::Connection;
using engine::Statement;

constexpr const char* message_columns =
    "SELECT id, reverse_path, envelope_id, dsn_return, eight_bit_mime, smtputf8, session, queued_at, delay_notified, "
    "size_octets, blob_id FROM queue_message ";

constexpr const char* recipient_columns =
    "SELECT id, forward_path, domain, notify, original_recipient, state, attempts, next_attempt_at, last_attempt_at, "
    "last_reply, last_status, last_remote FROM queue_recipient WHERE message_id = ? ";

QueueMessage read_message(const Statement& row) {
    QueueMessage message;
    message.id = row.column<QueueMessageId>(0);
    message.reverse_path = row.column<std::string>(1);
    message.envelope_id = row.column<std::string>(2);
    message.dsn_return = row.column<DsnReturn>(3);
    message.eight_bit_mime = row.column<bool>(4);
    message.smtputf8 = row.column<bool>(5);
    message.session = row.column<std::string>(6);
    message.queued_at = row.column<std::int64_t>(7);
    message.delay_notified = row.column<bool>(8);
    message.size_octets = row.column<std::uint64_t>(9);
    message.blob = row.column<BlobId>(10);
    return message;
}

QueueRecipient read_recipient(const Statement& row) {
    QueueRecipient recipient;
    recipient.id = row.column<QueueRecipientId>(0);
    recipient.forward_path = row.column<std::string>(1);
    recipient.domain = row.column<std::string>(2);
    recipient.notify = row.column<std::uint8_t>(3);
    recipient.original_recipient = row.column<std::string>(4);
    recipient.state = row.column<RecipientState>(5);
    recipient.attempts = row.column<std::uint32_t>(6);
    recipient.next_attempt_at = row.column<std::int64_t>(7);
    recipient.last_attempt_at = row.column<std::int64_t>(8);
    recipient.last_reply = row.column<std::string>(9);
    recipient.last_status = row.column<std::string>(10);
    recipient.last_remote = row.column<std::string>(11);
    return recipient;
}

std::vector<QueueRecipient> all_recipients(Connection& connection, QueueMessageId message) {
    std::vector<QueueRecipient> recipients;
    auto rows = connection.statement(std::string(recipient_columns) + "ORDER BY id");
    rows.bind(message);
    while (rows.step()) recipients.push_back(read_recipient(rows));
    return recipients;
}

std::vector<QueueRecipient> due_recipients(Connection& connection, QueueMessageId message, std::int64_t now) {
    std::vector<QueueRecipient> recipients;
    auto rows =
        connection.statement(std::string(recipient_columns) + "AND state = 0 AND next_attempt_at <= ? ORDER BY id");
    rows.bind(message, now);
    while (rows.step()) recipients.push_back(read_recipient(rows));
    return recipients;
}

// Ids of messages with due recipients, that with the earliest first. Walks the index of what is due, and no further
// than it must.
std::vector<QueueMessageId> due_messages(Connection& connection, std::int64_t now, std::size_t most) {
    std::vector<QueueMessageId> messages;
    std::unordered_set<QueueMessageId> seen;
    auto rows = connection.statement(
        "SELECT message_id FROM queue_recipient INDEXED BY queue_recipient_due "
        "WHERE state = 0 AND next_attempt_at <= ? ORDER BY next_attempt_at, id");
    rows.bind(now);
    while (messages.size() < most && rows.step()) {
        const QueueMessageId message = rows.column<QueueMessageId>(0);
        if (seen.insert(message).second) messages.push_back(message);
    }
    return messages;
}

Result<QueueMessage> find_message(Connection& connection, QueueMessageId id) {
    auto row = connection.statement(std::string(message_columns) + "WHERE id = ?");
    if (!row.bind(id).step()) return refuse(Reason::no_such_queue_message, "not in the queue");
    return read_message(row);
}

}  // namespace

Query<std::vector<QueueMessage>> due_queue_messages(std::int64_t now, std::size_t most) {
    return [=](Connection& connection) -> Result<std::vector<QueueMessage>> {
        std::vector<QueueMessage> messages;
        for (const QueueMessageId id : due_messages(connection, now, most)) {
            Result<QueueMessage> message = find_message(connection, id);
            if (!message) continue;  // a recipient without its message: `mailstead check` tells
            message->recipients = due_recipients(connection, id, now);
            messages.push_back(*std::move(message));
        }
        return messages;
    };
}

Query<std::optional<std::int64_t>> next_due_at(std::int64_t now) {
    return [=](Connection& connection) -> Result<std::optional<std::int64_t>> {
        auto row = connection.statement(
            "SELECT min(next_attempt_at) FROM queue_recipient INDEXED BY queue_recipient_due "
            "WHERE state = 0 AND next_attempt_at > ?");
        row.bind(now).step();
        return row.column<std::optional<std::int64_t>>(0);
    };
}

Query<std::vector<QueueMessage>> list_queue() {
    return [](Connection& connection) -> Result<std::vector<QueueMessage>> {
        std::vector<QueueMessage> messages;
        auto rows = connection.statement(std::string(message_columns) + "ORDER BY id");
        while (rows.step()) {
            messages.push_back(read_message(rows));
            messages.back().recipients = all_recipients(connection, messages.back().id);
        }
        return messages;
    };
}

Query<QueueMessage> get_queue_message(QueueMessageId id) {
    return [=](Connection& connection) -> Result<QueueMessage> {
        Result<QueueMessage> message = find_message(connection, id);
        if (message) message->recipients = all_recipients(connection, id);
        return message;
    };
}

}  // namespace storage
