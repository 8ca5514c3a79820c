// Rows of delivery_attempt: written with the queue's rows, read by message, forgotten from the oldest on.
#include "storage/delivery_attempts.h"

#include <algorithm>
#include <string_view>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/normal_names.h"
#include "storage/queue_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t longest_reply = 1'000;  // octets

DeliveryAttempt attempt_of(const engine::Statement& row) {
    DeliveryAttempt attempt;
    attempt.message = row.column<QueueMessageId>(0);
    attempt.recipient = row.column<QueueRecipientId>(1);
    attempt.forward_path = row.column<std::string>(2);
    attempt.at = row.column<std::int64_t>(3);
    attempt.host = row.column<std::string>(4);
    attempt.address = row.column<std::string>(5);
    attempt.tls = row.column<std::string>(6);
    attempt.protection = row.column<std::string>(7);
    attempt.outcome = row.column<RecipientState>(8);
    attempt.status = row.column<std::string>(9);
    attempt.reply = row.column<std::string>(10);
    return attempt;
}

}  // namespace

void note_attempt(Connection& connection, const DeliveryAttempt& attempt, std::uint32_t number) {
    connection.run(
        "INSERT INTO delivery_attempt (message_id, recipient_id, forward_path, at, host, address, tls, protection, "
        "outcome, status, reply) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        attempt.message, attempt.recipient, attempt.forward_path, attempt.at, attempt.host, attempt.address,
        attempt.tls, attempt.protection, attempt.outcome, attempt.status,
        whole_characters(attempt.reply, longest_reply));
    if (number <= most_attempts_kept) return;
    connection.run(
        "DELETE FROM delivery_attempt WHERE id = (SELECT min(id) FROM delivery_attempt WHERE message_id = ? AND "
        "recipient_id = ?)",
        attempt.message, attempt.recipient);
}

Query<std::vector<DeliveryAttempt>> attempts_of(QueueMessageId message, std::size_t most) {
    return [=](Snapshot& snapshot) -> Result<std::vector<DeliveryAttempt>> {
        std::vector<DeliveryAttempt> attempts;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT message_id, recipient_id, forward_path, at, host, address, tls, protection, outcome, status, reply "
            "FROM delivery_attempt WHERE message_id = ? ORDER BY id DESC LIMIT ?");
        rows.bind(message, most);
        while (rows.step()) attempts.push_back(attempt_of(rows));
        std::ranges::reverse(attempts);
        return attempts;
    };
}

Operation<bool> forget_attempts(std::int64_t before, std::size_t slice) {
    return {Durability::prompt, [=](Batch& batch) -> std::optional<Result<bool>> {
                Connection& connection = batch.connection();
                auto oldest = connection.statement(
                    "SELECT max(id), count(*) FROM (SELECT id, at FROM delivery_attempt ORDER BY id LIMIT ?) AS oldest "
                    "WHERE at < ?");
                oldest.bind(slice, before).step();
                if (oldest.is_null(0)) return false;
                const auto [last, count] = oldest.row<std::int64_t, std::size_t>();
                oldest.reset();
                connection.run("DELETE FROM delivery_attempt WHERE id <= ? AND at < ?", last, before);
                return count == slice;
            }};
}

}  // namespace storage
