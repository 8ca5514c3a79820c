// Rows of the queue, for its runner and for administrators.
#include "storage/queue_rows.h"
#include "storage/staging.h"

namespace storage {

namespace {

using engine::Connection;
using engine::Statement;

constexpr const char* message_columns =
    "SELECT id, reverse_path, envelope_id, dsn_return, eight_bit_mime, smtputf8, session, queued_at, delay_notified, "
    "size_octets, blob_id, submitted, account_id, reports, prefix, signing_domain, tls_wish FROM queue_message ";

constexpr const char* recipient_columns =
    "SELECT id, forward_path, domain, notify, original_recipient, state, attempts, next_attempt_at, last_attempt_at, "
    "last_reply, last_status, last_remote, lane, holder, asked, said, untold, not_before, last_protection FROM "
    "queue_recipient WHERE message_id = ? ";

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
    message.submitted = row.column<bool>(11);
    message.account = row.column<AccountId>(12);
    message.reports = row.column<std::uint32_t>(13);
    message.prefix = row.column<std::string>(14);
    message.signing_domain = row.column<std::string>(15);
    message.tls_wish = row.column<TlsWish>(16);
    return message;
}

}  // namespace

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
    recipient.lane = row.column<std::string>(12);
    recipient.holder = row.column<std::string>(13);
    recipient.asked = row.column<bool>(14);
    recipient.said = row.column<bool>(15);
    recipient.untold = row.column<bool>(16);
    recipient.not_before = row.column<std::int64_t>(17);
    recipient.last_protection = row.column<std::string>(18);
    return recipient;
}

Statement due_recipients(Connection& connection, QueueMessageId message, std::int64_t now) {
    auto rows =
        connection.statement(std::string(recipient_columns) + "AND state = 0 AND next_attempt_at <= ? ORDER BY id");
    rows.bind(message, now);
    return rows;
}

std::vector<QueueRecipient> queue_recipients(Connection& connection, QueueMessageId message) {
    std::vector<QueueRecipient> recipients;
    auto rows = connection.statement(std::string(recipient_columns) + "ORDER BY id");
    rows.bind(message);
    while (rows.step()) recipients.push_back(read_recipient(rows));
    return recipients;
}

Result<QueueMessage> find_queue_message(Connection& connection, QueueMessageId id) {
    auto row = connection.statement(std::string(message_columns) + "WHERE id = ?");
    if (!row.bind(id).step())
        return refuse(Reason::no_such_queue_message, std::to_string(id.value) + " is not in the queue");
    return read_message(row);
}

std::vector<QueueMessage> queue_messages(Connection& connection, std::optional<QueueMessageId> one) {
    std::vector<QueueMessage> messages;
    auto rows = connection.statement(std::string(message_columns) + (one ? "WHERE id = ? " : "") + "ORDER BY id");
    if (one) rows.bind(*one);
    while (rows.step()) {
        messages.push_back(read_message(rows));
        messages.back().recipients = queue_recipients(connection, messages.back().id);
    }
    return messages;
}

bool has_waiting(Connection& connection, QueueMessageId message) {
    auto found = connection.statement("SELECT 1 FROM queue_recipient WHERE message_id = ? AND state IN (0, 4) LIMIT 1");
    return found.bind(message).step();
}

void remove_queue_message(Connection& connection, QueueMessageId message) {
    auto removed = connection.statement("DELETE FROM queue_message WHERE id = ? RETURNING blob_id");
    if (!removed.bind(message).step()) return;
    const BlobId blob = removed.column<BlobId>(0);
    removed.reset();
    unreference(connection, blob);
    connection.run("DELETE FROM queue_recipient WHERE message_id = ?", message);
}

std::string domain_of(std::string_view forward_path) {
    const std::size_t at = forward_path.rfind('@');
    std::string domain(at == std::string_view::npos ? std::string_view() : forward_path.substr(at + 1));
    for (char& letter : domain) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return domain;
}

Query<QueueMessage> get_queue_message(QueueMessageId id) {
    return [=](Snapshot& snapshot) -> Result<QueueMessage> {
        Connection& connection = engine::connection_of(snapshot);

        Result<QueueMessage> message = find_queue_message(connection, id);
        if (message) message->recipients = queue_recipients(connection, id);
        return message;
    };
}

}  // namespace storage
