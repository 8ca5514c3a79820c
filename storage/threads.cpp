// A thread has the number of its first content, which is never reused. A name is stored as 63 bits of its SHA-256.
#include "storage/threads.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "storage/sha256.h"

namespace storage {

namespace {

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

}  // namespace

ThreadId join_thread(Connection& connection, BlobId content, const std::vector<std::string>& names) {
    std::optional<ThreadId> oldest;
    std::vector<std::int64_t> unknown;
    {
        auto found = connection.statement("SELECT thread_id FROM thread_key WHERE key = ?");
        for (const std::string& name : names) {
            const std::int64_t key = key_of(name);
            if (found.bind(key).step()) {
                const auto thread = found.column<ThreadId>(0);
                oldest = std::min(thread, oldest.value_or(thread));
            } else {
                unknown.push_back(key);
            }
            found.reset();
        }
    }
    const ThreadId thread = oldest.value_or(ThreadId{content.value});
    for (const std::int64_t key : unknown) {
        connection.run("INSERT INTO thread_key (key, thread_id) VALUES (?, ?) ON CONFLICT DO NOTHING", key, thread);
    }
    return thread;
}

void forget_empty_thread(Connection& connection, ThreadId thread) {
    connection.run(
        "DELETE FROM thread_key WHERE thread_id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM message_summary WHERE message_summary.thread_id = ?1)",
        thread);
}

}  // namespace storage
