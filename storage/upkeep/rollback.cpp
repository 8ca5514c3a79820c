// The newer file gets a second name, then the snapshot takes the store's name from it by rename(): at no moment is
// there no store. RFC 9051 §2.3.1.1 and RFC 7162 §3.1.2.1 for what must never go back.
#include "storage/upkeep/rollback.h"

#include <unistd.h>

#include <string>

#include "storage/engine/database.h"
#include "storage/engine/partial_file.h"
#include "storage/engine/transaction.h"
#include "storage/engine/upgrade.h"

namespace storage {

namespace {

// Every schema has these tables and columns. The order matters: a mailbox takes its account's new MODSEQ, a message its
// mailbox's. A mailbox whose HIGHESTMODSEQ is the same in both files has not changed.
constexpr const char* carry_numbers[] = {
    "UPDATE account SET highest_modseq = 1 + max(account.highest_modseq, newer.highest_modseq),"
    " next_uid_validity = max(account.next_uid_validity, newer.next_uid_validity)"
    " FROM newer.account AS newer WHERE newer.id = account.id",
    "UPDATE mailbox SET uid_next = max(mailbox.uid_next, newer.uid_next), highest_modseq = account.highest_modseq,"
    " expunged_floor = account.highest_modseq"  // so that every UID that is missing is told as VANISHED
    " FROM newer.mailbox AS newer, account"
    " WHERE newer.id = mailbox.id AND account.id = mailbox.account_id"
    " AND newer.highest_modseq <> mailbox.highest_modseq",
    "UPDATE message SET modseq = mailbox.highest_modseq FROM mailbox"
    " WHERE mailbox.id = message.mailbox_id AND NOT EXISTS (SELECT 1 FROM newer.message AS newer"
    "  WHERE newer.mailbox_id = message.mailbox_id AND newer.uid = message.uid AND newer.modseq = message.modseq)",
    "UPDATE sqlite_sequence SET seq = max(sqlite_sequence.seq, newer.seq)"
    " FROM newer.sqlite_sequence AS newer WHERE newer.name = sqlite_sequence.name",
    "UPDATE state SET value = max(state.value, newer.value) FROM newer.state AS newer"
    " WHERE newer.name = state.name AND state.name = 'next_blob_id'",
    "UPDATE state SET value = min(state.value, newer.value) FROM newer.state AS newer"
    " WHERE newer.name = state.name AND state.name = 'clean'",
};

// Where a schema finds changes by buckets of UIDs, each bucket may hold a message that has just got a new MODSEQ.
void raise_buckets(engine::Connection& connection) {
    if (!connection.statement("SELECT 1 FROM main.sqlite_schema WHERE name = 'message_bucket'").step()) return;
    connection.run(
        "UPDATE message_bucket SET modseq = mailbox.highest_modseq FROM mailbox"
        " WHERE mailbox.id = message_bucket.mailbox_id");
}

// Into the snapshot; false when the newer file cannot be read. Then the snapshot's end counts as unclean, and the next
// start jumps ahead. Done twice it does no harm.
bool carry_over(const std::filesystem::path& snapshot, const std::filesystem::path& newer) {
    engine::Connection connection({.path = snapshot});
    try {
        connection.run("ATTACH ? AS newer", newer.string());
        engine::Transaction transaction(connection);
        for (const char* sql : carry_numbers) connection.run(sql);
        raise_buckets(connection);
        transaction.commit();
        return true;
    } catch (const engine::DiskFull&) {
        throw;
    } catch (const engine::Error&) {
        connection.run("UPDATE state SET value = 0 WHERE name = 'clean'");
        return false;
    }
}

// Brings what lies in the log into the file, so that one file is all there is. A log that is left, because the file
// cannot be read, must not stay beside another file: it goes aside with its own.
bool set_aside(const std::filesystem::path& store, const std::filesystem::path& kept) {
    try {
        engine::Connection({.path = store}).execute("PRAGMA journal_mode = DELETE");
    } catch (const engine::Error&) {
        // Kept as it is.
    }
    if (::link(store.c_str(), kept.c_str()) != 0) return false;
    const std::string log = store.string() + "-wal";
    if (std::filesystem::exists(log) && ::rename(log.c_str(), (kept.string() + "-wal").c_str()) != 0) return false;
    std::error_code ignored;
    std::filesystem::remove(store.string() + "-shm", ignored);
    return engine::sync_directory_of(store);
}

std::filesystem::path free_name(const std::filesystem::path& store, int undone) {
    const std::string name = store.string() + ".after-" + std::to_string(undone);
    for (int number = 1;; ++number) {
        std::filesystem::path candidate = number == 1 ? name : name + "." + std::to_string(number);
        if (!std::filesystem::exists(candidate)) return candidate;
    }
}

// 0: it cannot be read.
int schema_of(const std::filesystem::path& file) {
    try {
        engine::Connection connection({.path = file});
        return engine::schema_version(connection);
    } catch (const engine::Error&) {
        return 0;
    }
}

Result<Rollback> put_back(const std::filesystem::path& store, const engine::Snapshot& snapshot) {
    const int present = schema_of(store);
    if (present != 0 && present < snapshot.to) {
        return refuse(Reason::conflict, "the store has schema " + std::to_string(present) + ": it is older than " +
                                            snapshot.path.string() + " and needs no rollback");
    }
    Rollback done;
    done.undone = snapshot.to;
    done.kept = free_name(store, snapshot.to);
    done.readable = carry_over(snapshot.path, store);
    done.schema = schema_of(snapshot.path);
    if (!set_aside(store, done.kept) || ::rename(snapshot.path.c_str(), store.c_str()) != 0 ||
        !engine::sync_directory_of(store)) {
        return refuse(Reason::not_permitted, "cannot rename files in " + store.parent_path().string());
    }
    return done;
}

}  // namespace

Result<Rollback> rollback_store(const std::filesystem::path& store) {
    if (!std::filesystem::exists(store)) return refuse(Reason::conflict, "there is no store " + store.string());
    const engine::Presence presence(store);
    if (!presence.alone()) return refuse(Reason::in_use, "the store is in use: stop the server first");
    const auto snapshot = engine::newest_snapshot(store);
    if (!snapshot) {
        return refuse(Reason::conflict, "there is no snapshot " + store.string() + ".before-…: nothing to go back to");
    }
    return put_back(store, *snapshot);
}

}  // namespace storage
