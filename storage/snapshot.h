// The store at one moment, as a query sees it: later commits do not change it. The store passes it to a query while
// that runs, on one thread. Callers pass it on to the queries of storage's other headers, and read contents with it. It
// also fits a database across a network: one snapshot per job, several contents in one call, and no statement per
// message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/types.h"

namespace storage {

// Octets [offset, offset+length) of a content; fewer if it ends before.
struct ContentRange {
    BlobId blob;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

class Snapshot {
  public:
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    // The octets of these ranges, in order; nullopt for content that is gone. Takes a few statements for any number of
    // ranges, and one more for each content larger than options().chunk_octets. Throws if content is damaged.
    std::vector<std::optional<std::string>> read_contents(std::span<const ContentRange> ranges);

    // In a long read (Store::read_long): if its turn is over and other accounts wait, blocks until its next turn.
    // Statements and reads of content do that by themselves; long computations between them call it.
    void give_way();

  protected:  // only the engine's connections are snapshots
    Snapshot() = default;
    ~Snapshot() = default;
};

}  // namespace storage
