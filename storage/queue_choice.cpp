// Chosen recipients, slice by slice: however many there are, a delivery waits for a thousand of them at most.
#include "storage/queue_choice.h"

#include <map>
#include <utility>

#include "storage/delivery_attempts.h"
#include "storage/normal_names.h"
#include "storage/queue_rows.h"
#include "storage/queue_turns.h"
#include "storage/slices.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t slice_chosen = 1000;

// What is known of a waiting recipient.
struct Waiting {
    QueueRecipientId id;
    QueueMessageId message;
    Flow flow;
    std::string forward_path;
    std::string domain;
    RecipientState state = RecipientState::pending;
    std::int64_t queued_at = 0;
};

char ascii_lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_same(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

bool fits(const std::optional<std::string>& wanted, std::string_view found) {
    return !wanted || is_same(*wanted, found);
}

// But for the message.
bool chooses(const QueueChoice& choice, std::string_view sender, std::string_view recipient, std::string_view domain,
             std::int64_t queued_at) {
    return fits(choice.sender, sender) && fits(choice.recipient, recipient) && fits(choice.domain, domain) &&
           (!choice.queued_before || queued_at < *choice.queued_before);
}

bool chooses_all(const QueueChoice& choice) {
    return !choice.sender && !choice.recipient && !choice.domain && !choice.queued_before;
}

constexpr const char* waiting_columns =
    "SELECT r.account_id, r.lane, r.sender, r.id, r.message_id, r.forward_path, r.domain, r.state, m.queued_at FROM "
    "queue_recipient AS r JOIN queue_message AS m ON m.id = r.message_id WHERE r.id > ? AND r.state IN (0, 4) ";

// Those after `reached` that are chosen, of one slice; `reached` moves on. False if it was the last slice.
bool choose_some(Connection& connection, const QueueChoice& choice, QueueRecipientId& reached,
                 std::vector<Waiting>& chosen) {
    const bool of_one = choice.message.has_value();
    auto rows = connection.statement(std::string(waiting_columns) + (of_one ? "AND r.message_id = ? " : "") +
                                     "ORDER BY r.id LIMIT ?");
    if (of_one) {
        rows.bind(reached, *choice.message, slice_chosen);
    } else {
        rows.bind(reached, slice_chosen);
    }
    std::size_t seen = 0;
    for (; rows.step(); ++seen) {
        Waiting one{.id = rows.column<QueueRecipientId>(3),
                    .message = rows.column<QueueMessageId>(4),
                    .flow = flow_of(rows),
                    .forward_path = rows.column<std::string>(5),
                    .domain = rows.column<std::string>(6),
                    .state = rows.column<RecipientState>(7),
                    .queued_at = rows.column<std::int64_t>(8)};
        reached = one.id;
        if (chooses(choice, one.flow.sender, one.forward_path, one.domain, one.queued_at))
            chosen.push_back(std::move(one));
    }
    return seen == slice_chosen;
}

template <class T>
struct Changing {
    bool begun = false;
    QueueRecipientId reached{};
    T result{};
};

// change(connection, recipient, turns, result) for each that is chosen.
template <class T, class Change>
Operation<T> change_chosen(QueueChoice choice, std::int64_t now, Change change) {
    auto slice = [=, choice = std::move(choice)](Batch& batch, Changing<T>& work) -> std::optional<Result<T>> {
        Connection& connection = batch.connection();
        if (!work.begun && choice.message) {
            Result<QueueMessage> found = find_queue_message(connection, *choice.message);
            if (!found) return std::unexpected(std::move(found.error()));
        }
        work.begun = true;
        std::vector<Waiting> chosen;
        const bool more = choose_some(connection, choice, work.reached, chosen);
        Turns turns(connection, now);
        for (const Waiting& recipient : chosen) change(connection, recipient, turns, work.result);
        turns.settle(false);
        if (more) return std::nullopt;
        batch.queue_changed();
        return work.result;
    };
    return {Durability::synced, in_slices(Changing<T>(), std::move(slice))};
}

// The same, with a statement that changes a row and returns it if it did. Its first three ? are now, the last the id.
Operation<std::uint64_t> update_chosen(QueueChoice choice, std::int64_t now, const char* statement) {
    return change_chosen<std::uint64_t>(
        std::move(choice), now,
        [=](Connection& connection, const Waiting& recipient, Turns& turns, std::uint64_t& changed) {
            auto row = connection.statement(statement);
            if (!row.bind(now, now, now, recipient.id).step()) return;
            turns.touch(recipient.flow);
            ++changed;
        });
}

}  // namespace

Query<std::vector<QueueMessage>> list_queue(QueueChoice choice) {
    return [choice = std::move(choice)](Snapshot& snapshot) -> Result<std::vector<QueueMessage>> {
        std::vector<QueueMessage> messages = queue_messages(engine::connection_of(snapshot), choice.message);
        if (chooses_all(choice)) return messages;
        for (QueueMessage& message : messages) {
            std::erase_if(message.recipients, [&](const QueueRecipient& recipient) {
                return !is_waiting(recipient.state) || !chooses(choice, message.reverse_path, recipient.forward_path,
                                                                recipient.domain, message.queued_at);
            });
        }
        std::erase_if(messages, [](const QueueMessage& message) { return message.recipients.empty(); });
        return messages;
    };
}

Operation<std::uint64_t> retry_queue(QueueChoice choice, std::int64_t now) {
    return update_chosen(std::move(choice), now,
                         "UPDATE queue_recipient SET next_attempt_at = ?, asked = 1, holder = '' WHERE (holder = '' OR "
                         "next_attempt_at <= ?) AND not_before <= ? AND id = ? AND state = 0 RETURNING id");
}

Operation<std::uint64_t> hold_queue(QueueChoice choice, std::int64_t now) {
    return change_chosen<std::uint64_t>(
        std::move(choice), now,
        [](Connection& connection, const Waiting& recipient, Turns& turns, std::uint64_t& held) {
            if (recipient.state == RecipientState::held) return;
            // Of its delay nobody need be told any more.
            connection.run("UPDATE queue_recipient SET state = ?, untold = 0 WHERE id = ?", RecipientState::held,
                           recipient.id);
            turns.touch(recipient.flow);
            ++held;
        });
}

// One whose attempt is still being made has its next one after that.
Operation<std::uint64_t> release_queue(QueueChoice choice, std::int64_t now) {
    return update_chosen(
        std::move(choice), now,
        "UPDATE queue_recipient SET state = 0, next_attempt_at = CASE WHEN not_before > ? THEN not_before WHEN "
        "holder != '' AND next_attempt_at > ? THEN next_attempt_at ELSE ? END WHERE id = ? AND state = 4 "
        "RETURNING id");
}

Operation<Dropped> drop_queue(QueueChoice choice, std::int64_t now) {
    return change_chosen<Dropped>(
        std::move(choice), now, [](Connection& connection, const Waiting& recipient, Turns& turns, Dropped& dropped) {
            connection.run("DELETE FROM queue_recipient WHERE id = ?", recipient.id);
            turns.touch(recipient.flow);
            ++dropped.recipients;
            if (has_waiting(connection, recipient.message)) return;
            auto untold = connection.statement(
                "SELECT count(*) FROM queue_recipient WHERE message_id = ? AND untold = 1 AND state = ?");
            untold.bind(recipient.message, RecipientState::failed).step();
            dropped.untold += untold.column<std::uint64_t>(0);
            untold.reset();
            remove_queue_message(connection, recipient.message);
            ++dropped.messages;
        });
}

Query<std::vector<QueueDestination>> queue_destinations(std::int64_t since) {
    return [=](Snapshot& snapshot) -> Result<std::vector<QueueDestination>> {
        Connection& connection = engine::connection_of(snapshot);
        std::map<std::string, QueueDestination> found;
        auto waiting = connection.statement(
            "SELECT r.domain, sum(CASE WHEN r.state = 0 THEN 1 ELSE 0 END), count(*), min(m.queued_at) FROM "
            "queue_recipient AS r JOIN queue_message AS m ON m.id = r.message_id WHERE r.state IN (0, 4) GROUP BY "
            "r.domain ORDER BY r.domain");
        while (waiting.step()) {
            QueueDestination& one = found[waiting.column<std::string>(0)];
            one.pending = waiting.column<std::uint64_t>(1);
            one.held = waiting.column<std::uint64_t>(2) - one.pending;
            one.oldest_at = waiting.column<std::int64_t>(3);
        }
        auto attempts =
            connection.statement("SELECT forward_path, at, outcome, reply FROM delivery_attempt ORDER BY id DESC");
        while (attempts.step() && attempts.column<std::int64_t>(1) >= since) {
            QueueDestination& one = found[domain_of(attempts.column<std::string>(0))];
            const auto outcome = attempts.column<RecipientState>(2);
            if (outcome == RecipientState::relayed || outcome == RecipientState::delivered) ++one.delivered;
            if (outcome == RecipientState::failed) ++one.failed;
            if (one.attempts++ > 0) continue;
            one.last_at = attempts.column<std::int64_t>(1);
            one.last_reply = attempts.column<std::string>(3);
        }
        std::vector<QueueDestination> destinations;
        for (auto& [domain, one] : found) {
            one.domain = domain;
            destinations.push_back(std::move(one));
        }
        return destinations;
    };
}

}  // namespace storage
