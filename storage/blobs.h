// Writing content, and deleting content without references. contents.h reads it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "storage/awaitable.h"
#include "storage/contents.h"
#include "storage/store.h"

namespace storage {

// Takes content in pieces. Memory stays below options().inline_octets plus a few chunks: larger content is written
// before it is complete.
class BlobWriter {
  public:
    // In this account's turns; 0: the server's.
    explicit BlobWriter(Store& store, AccountId account = {});
    BlobWriter(BlobWriter&&) noexcept;
    BlobWriter& operator=(BlobWriter&&) noexcept;
    ~BlobWriter();  // unfinished content is swept

    // Waits if chunks must be written first (back-pressure). Refuses storage_full.
    Awaitable<Result<std::monostate>> write(std::string_view octets);
    // True if write(octets) would only copy: then append() does it without a coroutine. For speed.
    bool fits(std::size_t octets) const;
    void append(std::string_view octets);
    Awaitable<Result<StagedBlob>> finish();
    std::uint64_t size_octets() const;
    std::size_t held_octets() const;  // in memory, not yet written

  private:
    Awaitable<Result<std::monostate>> flush();

    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// Takes content in pieces like BlobWriter, and then gives it back: for a message whose beginning is known only at its
// end. What does not fit into a chunk waits in the store, as staged chunks that are swept.
class Spool {
  public:
    explicit Spool(Store& store, AccountId account = {});
    Spool(Spool&&) noexcept;
    Spool& operator=(Spool&&) noexcept;
    ~Spool();

    // As BlobWriter's.
    Awaitable<Result<std::monostate>> write(std::string_view octets);
    bool fits(std::size_t octets) const;
    void append(std::string_view octets);
    std::size_t held_octets() const;  // in memory
    bool has_chunks() const;          // some of it is in the store

    // The next piece of what was written, from its beginning on; empty at the end. Nothing may be written any more.
    Awaitable<Result<std::string>> read();

  private:
    Awaitable<Result<std::monostate>> flush();

    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

// Deletes a slice of blobs without references; true if there is more to do.
Operation<bool> sweep_blobs(std::size_t most);

}  // namespace storage
