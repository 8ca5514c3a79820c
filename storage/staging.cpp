// The rows of staged and stored content. A blob's id is taken with its first chunk, so that giving it a row moves no
// data. blobs.cpp reads and frees.
#include "storage/staging.h"

#include <utility>

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using engine::Octets;

std::string_view view(const std::array<std::uint8_t, 32>& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// The same content that the account has already.
std::optional<BlobId> find_own(Connection& connection, AccountId account, const StagedBlob& content) {
    auto found = connection.statement(
        "SELECT id FROM blob WHERE sha256 = ? AND size_octets = ?"
        " AND EXISTS (SELECT 1 FROM account_content WHERE blob_id = blob.id AND account_id = ?) ORDER BY id LIMIT 1");
    if (!found.bind(Octets{view(content.sha256)}, content.size_octets, account).step()) return std::nullopt;
    return found.column<BlobId>(0);
}

// The row that an earlier operation has given to the same staged content.
std::optional<BlobId> find_staged(Connection& connection, const StagedBlob& content) {
    if (content.octets) return std::nullopt;
    auto found = connection.statement("SELECT id FROM blob WHERE id = ? AND sha256 = ?");
    if (!found.bind(content.staging_id, Octets{view(content.sha256)}).step()) return std::nullopt;
    return found.column<BlobId>(0);
}

void put_text_sizes(Connection& connection, BlobId content, const TextSizes& sizes) {
    connection.run(
        "INSERT INTO text_size (blob_id, octets, ascii_octets) VALUES (?, ?, ?)"
        " ON CONFLICT (blob_id) DO UPDATE SET octets = excluded.octets, ascii_octets = excluded.ascii_octets",
        content, sizes.octets, sizes.ascii_octets);
}

bool has_summary(Connection& connection, BlobId blob) {
    return connection.statement("SELECT 1 FROM message_summary WHERE blob_id = ?").bind(blob).step();
}

BlobId insert_small(Batch& batch, const StagedBlob& content) {
    const BlobId id = batch.next_blob_id();
    const std::string& octets = content.packed ? *content.packed : *content.octets;
    const Encoding encoding = content.packed ? Encoding::zstd : Encoding::plain;
    batch.connection().run(
        "INSERT INTO blob (id, sha256, size_octets, encoding, chunk_octets, content) VALUES (?, ?, ?, ?, 0, ?)", id,
        Octets{view(content.sha256)}, content.size_octets, encoding, Octets{octets});
    return id;
}

BlobId insert_staged(Batch& batch, const StagedBlob& content) {
    Connection& connection = batch.connection();
    const BlobId id{content.staging_id};
    if (connection.run("DELETE FROM staging WHERE blob_id = ?", id) == 0) {
        throw engine::Error(0, "staged content is gone");
    }
    connection.run("INSERT INTO blob (id, sha256, size_octets, encoding, chunk_octets) VALUES (?, ?, ?, 0, ?)", id,
                   Octets{view(content.sha256)}, content.size_octets, content.chunk_octets);
    return id;
}

}  // namespace

Operation<std::int64_t> write_chunk(std::int64_t staging, std::int64_t number,
                                    std::shared_ptr<const EncodedChunk> chunk) {
    const std::size_t octets = chunk->stored.size();
    const auto run = [staging, number, chunk = std::move(chunk)](Batch& batch) -> std::optional<Result<std::int64_t>> {
        Connection& connection = batch.connection();
        std::int64_t id = staging;
        if (id == 0) {
            id = batch.next_blob_id().value;
            connection.run("INSERT INTO staging (blob_id) VALUES (?)", id);
        }
        if (number >= chunks_per_blob) return refuse(Reason::too_large, "the content has too many chunks");
        connection.run("INSERT INTO blob_chunk (id, encoding, content) VALUES (?, ?, ?)", id * chunks_per_blob + number,
                       chunk->encoding, Octets{chunk->stored});
        return id;
    };
    return {Durability::prompt, run, octets};
}

Query<std::string> read_staged_chunk(std::int64_t staging, std::int64_t number) {
    return [=](Snapshot& snapshot) -> Result<std::string> {
        auto found = engine::connection_of(snapshot).statement("SELECT content FROM blob_chunk WHERE id = ?");
        if (!found.bind(staging * chunks_per_blob + number).step()) {
            return refuse(Reason::no_such_message, "a piece of the message is gone");
        }
        return found.column<std::string>(0);
    };
}

void abandon_staging(Batch& batch, std::int64_t staging) {
    Connection& connection = batch.connection();
    if (connection.run("DELETE FROM staging WHERE blob_id = ?", staging) > 0) unreference(connection, BlobId{staging});
}

BlobId name_content(Batch& batch, std::optional<AccountId> account, const StagedBlob& content,
                    const std::string& summary, const TextSizes& sizes) {
    Connection& connection = batch.connection();
    std::optional<BlobId> id = account ? find_own(connection, *account, content) : std::nullopt;
    if (!id) id = find_staged(connection, content);
    const bool is_summarized = id && has_summary(connection, *id);
    if (!id) id = content.octets ? insert_small(batch, content) : insert_staged(batch, content);
    if (summary.empty() || is_summarized) return *id;
    connection.run("INSERT INTO message_summary (blob_id, summary) VALUES (?, ?)", *id, Octets{summary});
    if (!are_implied(sizes, content.size_octets)) put_text_sizes(connection, *id, sizes);
    return *id;
}

void put_summary(Connection& connection, BlobId content, const std::string& summary, const TextSizes& sizes) {
    auto found = connection.statement("SELECT size_octets FROM blob WHERE id = ?");
    if (!found.bind(content).step()) return;
    const auto size = found.column<std::uint64_t>(0);
    found.reset();
    connection.run(
        "INSERT INTO message_summary (blob_id, summary) VALUES (?, ?)"
        " ON CONFLICT (blob_id) DO UPDATE SET summary = excluded.summary",
        content, Octets{summary});
    if (are_implied(sizes, size)) {
        connection.run("DELETE FROM text_size WHERE blob_id = ?", content);
    } else {
        put_text_sizes(connection, content, sizes);
    }
}

bool are_implied(const TextSizes& sizes, std::uint64_t size_octets) {
    return !sizes.ascii_octets && (sizes.octets == 0 || sizes.octets == size_octets);
}

std::size_t octets_to_write(const StagedBlob& content) {
    if (content.packed) return content.packed->size();
    return content.octets ? content.octets->size() : 0;
}

void unreference(Connection& connection, BlobId blob) {
    connection.run("INSERT INTO unreferenced (blob_id) VALUES (?) ON CONFLICT DO NOTHING", blob);
}

void sweep_staging(Connection& connection) {
    connection.execute(
        "BEGIN IMMEDIATE;"
        "INSERT INTO unreferenced (blob_id) SELECT blob_id FROM staging WHERE TRUE ON CONFLICT DO NOTHING;"
        "DELETE FROM staging;"
        "COMMIT");
}

}  // namespace storage
