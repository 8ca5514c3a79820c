// Content on its way in, and what nothing names any more. Reading it is contents.h's.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "storage/contents.h"
#include "storage/store.h"

namespace storage {

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

// Frees a slice of blobs that nothing names any more; true when there is more to do.
Operation<bool> sweep_blobs(std::size_t most);

}  // namespace storage
