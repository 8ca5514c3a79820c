// One moment of the store, as a query sees it: nothing that is committed meanwhile changes it. The store lends it to a
// query for the time that it runs, on one thread. What it is made of is the engine's: doors hand it on to the nouns'
// queries, and read contents with it.
// Held to what a database across a network would need too: one snapshot a job, several contents in one call, and no
// statement for each message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/types.h"

namespace storage {

// Octets [offset, offset+length) of a content, less where it ends before.
struct ContentRange {
    BlobId blob;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

class Snapshot {
  public:
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    // What lies in these ranges, in their order; nothing for content that is gone. Takes a few statements however many
    // they are; content larger than options().chunk_octets costs one each. Throws when content is damaged.
    std::vector<std::optional<std::string>> read_contents(std::span<const ContentRange> ranges);

  protected:  // the engine's connections alone are snapshots
    Snapshot() = default;
    ~Snapshot() = default;
};

}  // namespace storage
