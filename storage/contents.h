// Content by SHA-256: one copy for all messages of an account and for all recipients of a message (staging.h,
// name_content); in chunks, so that a range can be read alone. Values and reading; blobs.h has writing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/query.h"
#include "storage/rights.h"

namespace storage {

// Content that has arrived completely and waits for operations that refer to it. Copyable: there may be several.
struct StagedBlob {
    std::array<std::uint8_t, 32> sha256{};
    std::uint64_t size_octets = 0;
    std::shared_ptr<const std::string> octets;  // all of it, when small
    std::shared_ptr<const std::string> packed;  // the same compressed, if that saves enough
    std::int64_t staging_id = 0;                // else the id of the chunks written already
    std::uint64_t chunk_octets = 0;             // size of each but the last
    std::shared_ptr<void> lease;                // keeps staged chunks from being swept while they may be referred to
};

// The sizes in which POP3 sends a message (mime/text_size.h, mime/ascii_header.h), if they differ from the content's
// size.
struct TextSizes {
    std::uint64_t octets = 0;                   // 0: the same as the content
    std::optional<std::uint64_t> ascii_octets;  // with its header section in ASCII; nullopt: that is not different

    bool operator==(const TextSizes&) const = default;
};

// One range (snapshot.h reads several in one call), for the server itself. Refuses no_such_message if the content is
// gone.
Query<std::string> read_blob(BlobId blob, std::uint64_t offset, std::uint64_t length);
// The same for a client that goes on reading what it found in this mailbox. Also refuses no_such_mailbox if it may no
// longer be read; if the mailbox is deleted, what was begun may be read to its end.
Query<std::string> read_content(Access access, BlobId blob, std::uint64_t offset, std::uint64_t length);

// Reads pieces of several contents, in the announced order, in one snapshot: small ones are fetched in groups. Caches
// what it had to decompress: small content whole, else one chunk.
class ContentReader {
  public:
    ContentReader(Snapshot& snapshot, std::vector<BlobId> blobs);
    ~ContentReader();
    ContentReader(const ContentReader&) = delete;
    ContentReader& operator=(const ContentReader&) = delete;

    // Moves on to this content, which comes after the current one in `blobs`. Throws if it is gone or damaged.
    void open(BlobId blob);
    // Octets of the current content from offset on: at most `length`, perhaps fewer, none only at the end. The view is
    // valid until the next call. Throws if it is damaged.
    std::string_view read(std::uint64_t offset, std::uint64_t length);

  private:
    struct Fetched;
    void fetch();
    void load(std::uint64_t offset);

    Snapshot& snapshot_;
    std::vector<BlobId> blobs_;
    std::size_t next_ = 0;          // index in blobs_ of the first that is not fetched yet
    std::vector<Fetched> fetched_;  // fetched but not opened yet, in reverse
    BlobId blob_;
    std::uint64_t size_octets_ = 0;
    std::uint64_t chunk_octets_ = 0;
    std::string octets_;       // decompressed
    std::uint64_t start_ = 0;  // position of octets_ in the content
};

}  // namespace storage
