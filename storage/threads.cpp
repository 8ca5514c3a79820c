// A new thread has a negative number, of the sequence that blobs have too, so that of two the one nearer to zero is the
// older; one from before schema 17 has the positive number of its first content. A name is stored as 63 bits of its
// SHA-256.
#include "storage/threads.h"

#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>

#include "storage/engine/connection.h"
#include "storage/object_id_sealer.h"
#include "storage/sha256.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

std::int64_t key_of(std::string_view name) {
    Sha256 digest;
    digest.update(name);
    const auto hash = digest.finish();
    std::uint64_t key = 0;
    std::memcpy(&key, hash.data(), sizeof key);
    if constexpr (std::endian::native == std::endian::big) key = std::byteswap(key);
    return static_cast<std::int64_t>(key >> 1);
}

bool is_older(ThreadId a, ThreadId b) {
    const auto age = [](ThreadId thread) { return thread.value < 0 ? -thread.value : thread.value; };
    return age(a) < age(b);
}

void add_names(Connection& connection, AccountId account, ThreadId thread, const ThreadKeys& names) {
    for (const std::int64_t key : names) {
        connection.run("INSERT INTO thread_key (account_id, key, thread_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                       account, key, thread);
    }
}

ThreadId join_thread(Batch& batch, AccountId account, const ThreadKeys& names) {
    Connection& connection = batch.connection();
    std::optional<ThreadId> oldest;
    ThreadKeys unknown;
    {
        auto found = connection.statement("SELECT thread_id FROM thread_key WHERE account_id = ? AND key = ?");
        for (const std::int64_t key : names) {
            if (found.bind(account, key).step()) {
                const auto thread = found.column<ThreadId>(0);
                if (!oldest || is_older(thread, *oldest)) oldest = thread;
            } else {
                unknown.push_back(key);
            }
            found.reset();
        }
    }
    const ThreadId thread = oldest ? *oldest : ThreadId{-batch.next_blob_id().value};
    add_names(connection, account, thread, unknown);
    return thread;
}

// account_content.late: the search index may have looked at a content that is not new.
std::optional<std::int64_t> late_number(Batch& batch, BlobId content) {
    if (batch.is_new(content)) return std::nullopt;
    return batch.next_blob_id().value;
}

// Deletes the thread's names if the account has no content of it any more.
void forget_empty_thread(Connection& connection, AccountId account, ThreadId thread) {
    connection.run(
        "DELETE FROM thread_key WHERE account_id = ?1 AND thread_id = ?2"
        " AND NOT EXISTS (SELECT 1 FROM account_content WHERE account_id = ?1 AND thread_id = ?2)",
        account, thread);
}

}  // namespace

ThreadKeys thread_keys(const std::vector<std::string>& names) {
    ThreadKeys keys;
    keys.reserve(names.size());
    for (const std::string& name : names) keys.push_back(key_of(name));
    return keys;
}

void own_content(Batch& batch, AccountId account, BlobId content, const ThreadKeys& names) {
    Connection& connection = batch.connection();
    auto known = connection.statement("SELECT 1 FROM account_content WHERE blob_id = ? AND account_id = ?");
    if (known.bind(content, account).step()) return;
    known.reset();
    connection.run("INSERT INTO account_content (blob_id, account_id, thread_id, ids, late) VALUES (?, ?, ?, ?, ?)",
                   content, account, join_thread(batch, account, names), ContentIds::of_account,
                   late_number(batch, content));
}

void own_copied_content(Batch& batch, AccountId from, AccountId account, BlobId content) {
    batch.connection().run(
        "INSERT INTO account_content (blob_id, account_id, thread_id, ids, late)"
        " SELECT blob_id, ?, thread_id, CASE ids WHEN 0 THEN 0 ELSE 2 END, ? FROM account_content"
        " WHERE blob_id = ? AND account_id = ? ON CONFLICT DO NOTHING",
        account, late_number(batch, content), content, from);
}

void name_old_content(Batch& batch, BlobId content, const ThreadKeys& names) {
    Connection& connection = batch.connection();
    std::vector<std::tuple<AccountId, std::optional<ThreadId>>> owners;
    {
        auto rows = connection.statement(
            "SELECT account_id, thread_id FROM account_content WHERE blob_id = ? AND (thread_id IS NULL OR ids = 1)"
            " ORDER BY account_id");
        rows.bind(content);
        while (rows.step()) owners.push_back(rows.row<AccountId, std::optional<ThreadId>>());
    }
    for (const auto& [account, known] : owners) {
        const ThreadId thread = known ? *known : join_thread(batch, account, names);
        if (known) add_names(connection, account, thread, names);
        connection.run(
            "UPDATE account_content SET thread_id = ?, ids = CASE ids WHEN 1 THEN 2 ELSE ids END"
            " WHERE blob_id = ? AND account_id = ?",
            thread, content, account);
    }
}

void disown_content(Connection& connection, BlobId content) {
    std::vector<std::tuple<AccountId, std::optional<ThreadId>>> former;
    {
        auto rows = connection.statement(
            "DELETE FROM account_content WHERE blob_id = ?1 AND account_id NOT IN"
            " (SELECT mailbox.account_id FROM message JOIN mailbox ON mailbox.id = message.mailbox_id"
            "   WHERE message.blob_id = ?1) RETURNING account_id, thread_id");
        rows.bind(content);
        while (rows.step()) former.push_back(rows.row<AccountId, std::optional<ThreadId>>());
    }
    for (const auto& [account, thread] : former) {
        if (thread) forget_empty_thread(connection, account, *thread);
    }
}

}  // namespace storage
