// Content by SHA-256: one copy however many messages and queue entries name it; in chunks, so that a range needs no
// more.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "storage/store.h"

namespace storage {

// Content that has arrived whole and waits for the operation that names it. Copyable: several operations may name it.
struct StagedBlob {
    std::array<std::uint8_t, 32> sha256{};
    std::uint64_t size_octets = 0;
    std::shared_ptr<const std::string> octets;  // all of it, when small
    std::shared_ptr<const std::string> packed;  // the same compressed, where that pays
    std::int64_t staging_id = 0;                // else the chunks written ahead under this id
    std::uint64_t chunk_octets = 0;             // of this size each, but the last
    std::shared_ptr<void> lease;                // keeps staged chunks from the sweep while someone may still name them
};

// Takes content as it flows. Memory stays below options().inline_octets + a few chunks; larger content is written
// ahead.
class BlobWriter {
  public:
    explicit BlobWriter(Store& store);
    BlobWriter(BlobWriter&&) noexcept;
    BlobWriter& operator=(BlobWriter&&) noexcept;
    ~BlobWriter();  // what was staged and not finished is swept

    // Waits when chunks must be written ahead (back-pressure). Refuses storage_full.
    asio::awaitable<Result<std::monostate>> write(std::string_view octets);
    // True when write(octets) would only copy: then append() does it without a coroutine. For the hot path.
    bool fits(std::size_t octets) const;
    void append(std::string_view octets);
    asio::awaitable<Result<StagedBlob>> finish();
    std::uint64_t size_octets() const;

  private:
    asio::awaitable<Result<std::monostate>> flush();

    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// Octets [offset, offset+length) of a blob, less where it ends before. Refuses no_such_message when it is gone.
Query<std::string> read_blob(BlobId blob, std::uint64_t offset, std::uint64_t length);

// Reads pieces of one blob, one after the other, in the snapshot of its connection. Keeps what it had to decompress:
// small content whole, else one chunk.
class BlobReader {
  public:
    BlobReader(engine::Connection& connection, BlobId blob);
    BlobReader(const BlobReader&) = delete;
    BlobReader& operator=(const BlobReader&) = delete;

    // Octets from offset on: at most length, perhaps fewer, none only at the end. The view lives until the next call.
    // Throws when the content is gone or damaged.
    std::string_view read(std::uint64_t offset, std::uint64_t length);

  private:
    void load(std::uint64_t offset);

    engine::Connection& connection_;
    BlobId blob_;
    std::uint64_t size_octets_ = 0;
    std::uint64_t chunk_octets_ = 0;
    std::string octets_;       // decompressed
    std::uint64_t start_ = 0;  // of octets_ in the content
};

// Frees a slice of blobs that nothing names any more; true when there is more to do.
Operation<bool> sweep_blobs(std::size_t most);

}  // namespace storage
