// Content by SHA-256: one copy however many messages and queue entries name it; in chunks, so that a range needs no
// more. Here as values and as what reads them; what takes content as it flows is blobs.h's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/query.h"

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

// What POP3 sends of a message (mime/text_size.h, mime/ascii_header.h); where that is as many octets as the content has
// there is nothing to remember.
struct TextSizes {
    std::uint64_t octets = 0;                   // 0: as many as the content has
    std::optional<std::uint64_t> ascii_octets;  // with its header section in ASCII; nothing: that stays as it is

    bool operator==(const TextSizes&) const = default;
};

// One range (snapshot.h has several in one call). Refuses no_such_message when the content is gone.
Query<std::string> read_blob(BlobId blob, std::uint64_t offset, std::uint64_t length);

// Reads pieces of contents, one content after the other in the order that was announced, in one snapshot: small ones
// are fetched several at once. Keeps what it had to decompress: small content whole, else one chunk.
class ContentReader {
  public:
    ContentReader(Snapshot& snapshot, std::vector<BlobId> blobs);
    ~ContentReader();
    ContentReader(const ContentReader&) = delete;
    ContentReader& operator=(const ContentReader&) = delete;

    // Goes on to this content, which stands behind the one at hand in `blobs`. Throws when it is gone or damaged.
    void open(BlobId blob);
    // Octets of the content at hand, from offset on: at most length, perhaps fewer, none only at the end. The view
    // lives until the next call. Throws when it is damaged.
    std::string_view read(std::uint64_t offset, std::uint64_t length);

  private:
    struct Fetched;
    void fetch();
    void load(std::uint64_t offset);

    Snapshot& snapshot_;
    std::vector<BlobId> blobs_;
    std::size_t next_ = 0;          // of blobs_, the first that has not been fetched
    std::vector<Fetched> fetched_;  // not opened yet, in reverse
    BlobId blob_;
    std::uint64_t size_octets_ = 0;
    std::uint64_t chunk_octets_ = 0;
    std::string octets_;       // decompressed
    std::uint64_t start_ = 0;  // of octets_ in the content
};

}  // namespace storage
