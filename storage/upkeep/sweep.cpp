// The slices of the sweep. blobs.cpp frees blobs (sweep_blobs).
#include "storage/upkeep/sweep.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>
#include <tuple>

#include "storage/blobs.h"
#include "storage/delivery_attempts.h"
#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/failing_addresses.h"
#include "storage/store_await.h"
#include "storage/trace.h"
#include "storage/uploads.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

// Deletes rows of a dropped mailbox in another table, at most `most`; true if there are more.
bool drop_messages(Connection& connection, MailboxId mailbox, std::size_t most) {
    auto last = connection.statement(
        "SELECT max(uid), count(*) FROM (SELECT uid FROM message WHERE mailbox_id = ? ORDER BY uid LIMIT ?)");
    last.bind(mailbox, most).step();
    if (last.is_null(0)) return false;
    const auto [uid, count] = last.row<Uid, std::size_t>();
    connection.run(
        "INSERT INTO unreferenced (blob_id) SELECT blob_id FROM message WHERE mailbox_id = ? AND uid <= ? ON CONFLICT "
        "DO "
        "NOTHING",
        mailbox, uid);
    connection.run("DELETE FROM message WHERE mailbox_id = ? AND uid <= ?", mailbox, uid);
    return count == most;
}

bool drop_expunged(Connection& connection, MailboxId mailbox, std::size_t most) {
    auto last = connection.statement(
        "SELECT max(modseq), count(*) FROM"
        " (SELECT modseq FROM expunged WHERE mailbox_id = ? ORDER BY modseq LIMIT ?)");
    last.bind(mailbox, most).step();
    if (last.is_null(0)) return false;
    const auto [modseq, count] = last.row<ModSeq, std::size_t>();
    connection.run("DELETE FROM expunged WHERE mailbox_id = ? AND modseq <= ?", mailbox, modseq);
    return count == most;
}

bool sweep_dropped(Connection& connection, std::size_t most) {
    auto next = connection.statement("SELECT mailbox_id FROM dropped_mailbox ORDER BY mailbox_id LIMIT 1");
    if (!next.step()) return false;
    const MailboxId mailbox = next.column<MailboxId>(0);
    next.reset();
    if (drop_messages(connection, mailbox, most) || drop_expunged(connection, mailbox, most)) return true;
    connection.run("DELETE FROM message_bucket WHERE mailbox_id = ?", mailbox);
    connection.run("DELETE FROM dropped_mailbox WHERE mailbox_id = ?", mailbox);
    return next.step();
}

// In one mailbox with too many rows of expunged UIDs: deletes all but the `keep` newest.
bool forget_in_one_mailbox(Connection& connection, std::size_t keep) {
    auto crowded = connection.statement(
        "SELECT mailbox_id FROM expunged GROUP BY mailbox_id HAVING count(*) > ? ORDER BY mailbox_id LIMIT 1");
    if (!crowded.bind(keep).step()) return false;
    const MailboxId mailbox = crowded.column<MailboxId>(0);
    crowded.reset();
    auto oldest =
        connection.statement("SELECT modseq FROM expunged WHERE mailbox_id = ? ORDER BY modseq DESC LIMIT 1 OFFSET ?");
    oldest.bind(mailbox, keep).step();
    const ModSeq floor = oldest.column<ModSeq>(0);
    connection.run("DELETE FROM expunged WHERE mailbox_id = ? AND modseq <= ?", mailbox, floor);
    connection.run("UPDATE mailbox SET expunged_floor = ? WHERE id = ? AND expunged_floor < ?", floor, mailbox, floor);
    return true;
}

// The same in one account with too many messages that are no longer shown.
bool forget_in_one_account(Connection& connection, std::size_t keep) {
    auto crowded = connection.statement(
        "SELECT account_id FROM hidden_message GROUP BY account_id HAVING count(*) > ? ORDER BY account_id LIMIT 1");
    if (!crowded.bind(keep).step()) return false;
    const AccountId account = crowded.column<AccountId>(0);
    crowded.reset();
    auto oldest = connection.statement(
        "SELECT modseq FROM hidden_message WHERE account_id = ? ORDER BY modseq DESC LIMIT 1 OFFSET ?");
    oldest.bind(account, keep).step();
    const ModSeq floor = oldest.column<ModSeq>(0);
    oldest.reset();
    connection.run("DELETE FROM hidden_message WHERE account_id = ? AND modseq <= ?", account, floor);
    connection.run("UPDATE account SET hidden_floor = ? WHERE id = ? AND hidden_floor < ?", floor, account, floor);
    return true;
}

// At least: what is in the queue still shows its attempts where no trace is kept.
constexpr std::chrono::seconds attempts_kept = std::chrono::days(7);

Operation<bool> prompt(Function<std::optional<Result<bool>>(Batch&)> run) {
    return {Durability::prompt, std::move(run)};
}

}  // namespace

Operation<bool> sweep_dropped_mailboxes(std::size_t most) {
    return prompt([=](Batch& batch) { return std::optional<Result<bool>>(sweep_dropped(batch.connection(), most)); });
}

Operation<bool> forget_expunged(std::size_t per_mailbox) {
    return prompt([=](Batch& batch) {
        return std::optional<Result<bool>>(forget_in_one_mailbox(batch.connection(), per_mailbox));
    });
}

Operation<bool> forget_hidden(std::size_t per_account) {
    return prompt([=](Batch& batch) {
        return std::optional<Result<bool>>(forget_in_one_account(batch.connection(), per_account));
    });
}

asio::awaitable<bool> sweep(Store& store, SweepOptions options) {
    Result<bool> dropped = true;
    for (std::size_t i = 0; i < options.most_slices && dropped.value_or(false); ++i) {
        dropped = co_await store.write(sweep_dropped_mailboxes(options.slice));
    }
    Result<bool> forgotten = options.expunged;
    for (std::size_t i = 0; i < options.most_slices && forgotten.value_or(false); ++i) {
        forgotten = co_await store.write(forget_expunged(options.expunged_per_mailbox));
        const Result<bool> hidden = co_await store.write(forget_hidden(options.hidden_per_account));
        if (hidden.value_or(false)) forgotten = true;
    }
    Result<bool> freed = true;
    for (std::size_t i = 0; i < options.most_slices && freed.value_or(false); ++i) {
        freed = co_await store.write(sweep_blobs(options.slice));
    }
    const std::int64_t now = std::time(nullptr);
    const std::int64_t attempts_before = now - std::max(store.options().trace.keep, attempts_kept).count();
    Result<bool> old = true;
    for (std::size_t i = 0; i < options.most_slices && old.value_or(false); ++i) {
        const Result<bool> attempts = co_await store.write(forget_attempts(attempts_before, options.slice));
        old = co_await store.write(trim_trace(now, options.slice));
        const Result<bool> addresses = co_await store.write(forget_failing_addresses(now, options.slice));
        const Result<bool> uploads = co_await store.write(forget_uploads(now, options.slice));
        if (attempts.value_or(false) || addresses.value_or(false) || uploads.value_or(false)) old = true;
    }
    // A refusal (full disk) is no reason to retry soon.
    co_return dropped.value_or(false) || forgotten.value_or(false) || freed.value_or(false) || old.value_or(false);
}

void sweep_now(Store& store, SweepOptions options) {
    while (store.write_now(sweep_dropped_mailboxes(options.slice)).value_or(false)) {
    }
    while (store.write_now(forget_expunged(options.expunged_per_mailbox)).value_or(false)) {
    }
    while (store.write_now(forget_hidden(options.hidden_per_account)).value_or(false)) {
    }
    while (store.write_now(sweep_blobs(options.slice)).value_or(false)) {
    }
}

}  // namespace storage
