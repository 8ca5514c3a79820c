// After an upgrade, makes again all summaries that another version of this program wrote, or whose content is not among
// the threads of the accounts that have it: in the background and in batches, so that nothing waits for it. Until then
// readers parse such a message whenever they need its summary.
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/awaitable.h"
#include "storage/store.h"
#include "storage/upkeep/check.h"

namespace storage {

struct RenewalOptions {
    char version = 0;                          // a summary that begins with it is current, once it is in its threads
    Summarise summarise;                       // makes a new one
    std::size_t batch_rows = 2'000;            // summaries looked at in one snapshot
    std::size_t batch_summaries = 50;          // made again in one snapshot, and written in one commit
    std::uint64_t batch_octets = 16ULL << 20;  // of messages read in one snapshot; the last may exceed it
    std::size_t batches = 10;                  // in one call
};

// Continues after `reached`, which it moves on; true if there is more. When all are current, that is recorded, and
// further calls cost nothing.
Awaitable<bool> renew_summaries(Store& store, const RenewalOptions& options, BlobId& reached);

}  // namespace storage
