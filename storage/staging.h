// Content between its arrival and its name: chunks written ahead, and the row that names them. For storage/*.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/contents.h"
#include "storage/encoding.h"
#include "storage/engine/batch.h"

namespace storage {

// A chunk's id holds its blob's: see schema.sql.
inline constexpr std::int64_t chunks_per_blob = 1 << 20;

// A chunk as it will lie in its row.
struct EncodedChunk {
    Encoding encoding = Encoding::plain;
    std::string stored;
};

// Writes the next chunk of the staging; `staging` 0 begins one. Returns its id. Prompt: the operation that names the
// content syncs it.
Operation<std::int64_t> write_chunk(std::int64_t staging, std::int64_t number,
                                    std::shared_ptr<const EncodedChunk> chunk);

// Gives a staging that nobody will name to the sweep; does nothing if it has been named.
void abandon_staging(engine::Batch& batch, std::int64_t staging);

// The row of this content, an old one if there is one, else made now; with its summary, unless that is empty, its sizes
// as text, and in its thread.
BlobId name_content(engine::Batch& batch, const StagedBlob& content, const std::string& summary,
                    const std::vector<std::string>& thread_names, const TextSizes& sizes);

// Puts this summary and these sizes of a content in place of what is there, unless the content is gone. A thread that
// it is in already stays.
void put_summary(engine::Connection& connection, BlobId content, const std::string& summary,
                 const std::vector<std::string>& thread_names, const TextSizes& sizes);

// Octets that naming it writes in the same operation: what bounds a batch.
std::size_t octets_to_write(const StagedBlob& content);

// Marks that a row which named this blob is gone: the sweep will look.
void unreference(engine::Connection& connection, BlobId blob);

// At start, before anyone writes: what was still arriving when the last process ended goes to the sweep.
void sweep_staging(engine::Connection& connection);

}  // namespace storage
