// Summaries that another version of this program has written, or without a thread, made again after an upgrade: in the
// background and in batches, so that no one waits behind it. Until then readers parse such a message whenever they need
// its summary.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>

#include "storage/store.h"
#include "storage/upkeep/check.h"

namespace storage {

struct RenewalOptions {
    char version = 0;                          // a summary that begins with it is left alone, once it is in a thread
    Summarise summarise;                       // makes one anew
    std::size_t batch_rows = 2'000;            // summaries looked at in one snapshot
    std::size_t batch_summaries = 50;          // made again in one snapshot, and written in one commit
    std::uint64_t batch_octets = 16ULL << 20;  // of messages read in one snapshot, but for the last
    std::size_t batches = 10;                  // in one call
};

// Goes on after `reached`, which moves on; true when there is more. Once all are of this version that is remembered,
// and further calls cost nothing.
asio::awaitable<bool> renew_summaries(Store& store, const RenewalOptions& options, BlobId& reached);

}  // namespace storage
