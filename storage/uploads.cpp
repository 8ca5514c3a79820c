// An upload refers to its content as a message does; without one it is freed by the sweep.
#include "storage/uploads.h"

#include <utility>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/object_id_sealer.h"
#include "storage/object_id_text.h"
#include "storage/staging.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

// True if there are more.
bool forget(Connection& connection, const char* select, std::int64_t value, std::int64_t now, std::size_t most) {
    std::vector<std::pair<std::int64_t, BlobId>> expired;
    auto rows = connection.statement(select);
    for (rows.bind(value, now, most); rows.step();) expired.emplace_back(rows.integer(0), rows.column<BlobId>(1));
    rows.reset();
    for (const auto& [id, content] : expired) {
        connection.run("DELETE FROM upload WHERE id = ?", id);
        unreference(connection, content);
    }
    return expired.size() == most;
}

Result<std::monostate> check_upload_room(Connection& connection, AccountId account, std::uint64_t more,
                                         const UploadLimits& limits) {
    auto used = connection.statement("SELECT count(*), coalesce(sum(size_octets), 0) FROM upload WHERE account_id = ?");
    used.bind(account).step();
    const auto [count, octets] = used.row<std::size_t, std::uint64_t>();
    if (count >= limits.count || octets + more > limits.octets) {
        return refuse(Reason::over_quota, "too much is uploaded: make messages of it, or wait until it expires");
    }
    return std::monostate();
}

}  // namespace

Operation<std::string> keep_upload(AccountId account, StagedBlob content, std::string summary, TextSizes sizes,
                                   UploadLimits limits, std::int64_t now) {
    constexpr std::size_t most_forgotten = 100;
    const std::size_t octets = octets_to_write(content);
    auto run = [=, content = std::move(content),
                summary = std::move(summary)](Batch& batch) -> std::optional<Result<std::string>> {
        Connection& connection = batch.connection();
        if (batch.account(account) == nullptr) return refuse(Reason::no_such_account, "the account is gone");
        forget(connection,
               "SELECT id, blob_id FROM upload WHERE account_id = ? AND expires_at <= ? ORDER BY expires_at LIMIT ?",
               account.value, now, most_forgotten);
        const Result<std::monostate> room = check_upload_room(connection, account, content.size_octets, limits);
        if (!room) return std::unexpected(room.error());
        const BlobId blob = name_content(batch, account, content, summary, sizes);
        const std::int64_t id = batch.next_blob_id().value;
        connection.run("INSERT INTO upload (id, account_id, blob_id, size_octets, expires_at) VALUES (?, ?, ?, ?, ?)",
                       id, account, blob, content.size_octets, now + limits.lifetime.count());
        const std::uint64_t sealed = ObjectIdSealer(connection).seal_upload(id);
        return blob_id_text({.sealed = sealed, .uploaded = true, .part = {}});
    };
    return {Durability::synced, std::move(run), octets};
}

Operation<bool> forget_uploads(std::int64_t now, std::size_t most) {
    return {Durability::prompt, [=](Batch& batch) -> std::optional<Result<bool>> {
                return forget(batch.connection(),
                              "SELECT id, blob_id FROM upload WHERE expires_at >= ? AND expires_at <= ?"
                              " ORDER BY expires_at LIMIT ?",
                              0, now, most);
            }};
}

}  // namespace storage
