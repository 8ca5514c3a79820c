// Content that has arrived but has no row yet, and the row that it then gets. For storage/*.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "storage/contents.h"
#include "storage/encoding.h"
#include "storage/engine/batch.h"

namespace storage {

// A chunk's id contains its blob's id: see schema.sql.
inline constexpr std::int64_t chunks_per_blob = 1 << 20;

// A chunk in its stored form.
struct EncodedChunk {
    Encoding encoding = Encoding::plain;
    std::string stored;
};

// Writes the next chunk of the staging; `staging` 0 begins a new one. Returns its id. Prompt: the operation that refers
// to the content syncs it.
Operation<std::int64_t> write_chunk(std::int64_t staging, std::int64_t number,
                                    std::shared_ptr<const EncodedChunk> chunk);

// A chunk of the staging that was written plain. Refuses no_such_message.
Query<std::string> read_staged_chunk(std::int64_t staging, std::int64_t number);

// Gives an abandoned staging to the sweep; does nothing if it already has a row.
void abandon_staging(engine::Batch& batch, std::int64_t staging);

// The row of this content, with its summary (unless empty) and its sizes as text. If the account has the content
// already, that row; else a new one, even if other accounts have the same: neither time nor room nor ids tell of them.
// Without an account (for several at once, or the queue) it is new.
BlobId name_content(engine::Batch& batch, std::optional<AccountId> account, const StagedBlob& content,
                    const std::string& summary, const TextSizes& sizes);

// Replaces the summary and the sizes of a content, unless it is gone.
void put_summary(engine::Connection& connection, BlobId content, const std::string& summary, const TextSizes& sizes);

// True if the content's size says as much, as for most messages: then nothing is stored for them.
bool are_implied(const TextSizes& sizes, std::uint64_t size_octets);

// Octets that name_content will write in the same operation: limits the batch.
std::size_t octets_to_write(const StagedBlob& content);

// Call when a row that referred to this blob is gone: the sweep will check it.
void unreference(engine::Connection& connection, BlobId blob);

// At start, before any write: gives unfinished content of the last process to the sweep.
void sweep_staging(engine::Connection& connection);

}  // namespace storage
