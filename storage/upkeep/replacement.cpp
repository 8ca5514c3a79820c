// The store's file gets a second name, then another file takes its name by rename(): there is a store at every moment.
// RFC 9051 §2.3.1.1 and RFC 7162 §3.1.2.1: numbers that must never go back.
#include "storage/upkeep/replacement.h"

#include <unistd.h>

#include <string>

#include "storage/engine/log_owner.h"
#include "storage/engine/partial_file.h"
#include "storage/engine/transaction.h"
#include "storage/engine/upgrade.h"

namespace storage {

namespace {

// Every schema has these tables and columns. The order matters: a mailbox takes its account's new MODSEQ, a message its
// mailbox's. A mailbox with the same HIGHESTMODSEQ in both files is unchanged.
constexpr const char* carry_numbers[] = {
    "UPDATE account SET highest_modseq = 1 + max(account.highest_modseq, newer.highest_modseq),"
    " next_uid_validity = max(account.next_uid_validity, newer.next_uid_validity)"
    " FROM newer.account AS newer WHERE newer.id = account.id",
    "UPDATE mailbox SET uid_next = max(mailbox.uid_next, newer.uid_next), highest_modseq = account.highest_modseq,"
    " expunged_floor = account.highest_modseq"  // so that every missing UID is reported as VANISHED
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

// In schemas with buckets of UIDs: any bucket may have a message that just got a new MODSEQ.
void raise_buckets(engine::Connection& connection) {
    if (!connection.statement("SELECT 1 FROM main.sqlite_schema WHERE name = 'message_bucket'").step()) return;
    connection.run(
        "UPDATE message_bucket SET modseq = mailbox.highest_modseq FROM mailbox"
        " WHERE mailbox.id = message_bucket.mailbox_id");
}

// In schemas that remember what is no longer shown: what changed between the two files is not known.
void forget_hidden_messages(engine::Connection& connection) {
    if (!connection.statement("SELECT 1 FROM main.sqlite_schema WHERE name = 'hidden_message'").step()) return;
    connection.run("UPDATE account SET hidden_floor = highest_modseq");
}

}  // namespace

void note_in_audit_of(const std::filesystem::path& file, const AuditEntry& entry) {
    engine::Connection connection({.path = file});
    if (!connection.statement("SELECT 1 FROM sqlite_schema WHERE name = 'audit'").step()) return;
    note_in_audit(connection, entry);
}

bool is_store(engine::Connection& file) {
    auto row = file.statement("PRAGMA application_id");
    return row.step() && row.integer(0) == engine::application_id;
}

// Some faults keep SQLite from looking any further.
std::string structural_fault(engine::Connection& file) {
    try {
        auto line = file.statement("PRAGMA integrity_check(1)");
        line.step();
        std::string first = line.column<std::string>(0);
        return first == "ok" ? std::string() : first;
    } catch (const engine::Error& error) {
        if (!error.damaged()) throw;
        return error.what();
    }
}

bool carry_numbers_over(const std::filesystem::path& copy, const std::filesystem::path& newer) {
    try {
        engine::Connection connection({.path = copy});
        connection.run("ATTACH ? AS newer", newer.string());
        engine::Transaction transaction(connection);
        for (const char* sql : carry_numbers) connection.run(sql);
        raise_buckets(connection);
        forget_hidden_messages(connection);
        transaction.commit();
        return true;
    } catch (const engine::DiskFull&) {
        throw;
    } catch (const engine::Error&) {
        expect_newer_numbers(copy);
        return false;
    }
}

void expect_newer_numbers(const std::filesystem::path& copy) {
    engine::Connection({.path = copy}).run("UPDATE state SET value = 0 WHERE name = 'clean'");
}

bool set_aside(const std::filesystem::path& store, const std::filesystem::path& kept, std::int64_t noted_mark) {
    try {
        if (engine::log_belongs(store, noted_mark)) {
            engine::Connection({.path = store}).execute("PRAGMA journal_mode = DELETE");
        }
    } catch (const engine::Error&) {
        // Stays as it is.
    }
    if (::link(store.c_str(), kept.c_str()) != 0) return false;
    return set_logs_aside(store, kept) && engine::sync_directory_of(store);
}

bool set_logs_aside(const std::filesystem::path& store, const std::filesystem::path& kept) {
    for (const char* suffix : {"-wal", "-journal"}) {
        const std::string log = store.string() + suffix;
        if (std::filesystem::exists(log) && ::rename(log.c_str(), (kept.string() + suffix).c_str()) != 0) return false;
    }
    std::error_code ignored;  // recreated when the file is opened
    std::filesystem::remove(store.string() + "-shm", ignored);
    return true;
}

std::filesystem::path free_name(const std::string& name) {
    for (int number = 1;; ++number) {
        std::filesystem::path candidate = number == 1 ? name : name + "." + std::to_string(number);
        if (!std::filesystem::exists(candidate) && !std::filesystem::exists(candidate.string() + "-wal")) {
            return candidate;
        }
    }
}

int schema_of(const std::filesystem::path& file) {
    try {
        engine::Connection connection({.path = file});
        return engine::schema_version(connection);
    } catch (const engine::Error&) {
        return 0;
    }
}

}  // namespace storage
