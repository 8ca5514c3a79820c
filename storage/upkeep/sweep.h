// Frees in the background what deletions leave behind: messages of dropped mailboxes, blobs without references, old
// rows of expunged UIDs; and forgets what the trace and others have kept for long enough. In slices, so that a delivery
// never waits for it (storage/README.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/awaitable.h"
#include "storage/store.h"

namespace storage {

struct SweepOptions {
    std::size_t slice = 500;                    // rows or blobs in one operation
    std::size_t most_slices = 20;               // of each kind in one call
    std::size_t expunged_per_mailbox = 20'000;  // ranges kept for QRESYNC; older ones are deleted
    std::size_t hidden_per_account = 20'000;    // messages that JMAP no longer shows; older ones are forgotten
    bool expunged = true;                       // also check these: walks both tables
};

// Frees some of what there is; true if there is more. Call it every minute or so, and again soon if there is more.
Awaitable<bool> sweep(Store& store, SweepOptions options = {});

// The same, blocking, until nothing is left: for the command line and tests.
void sweep_now(Store& store, SweepOptions options = {});

// The slices that it consists of; true if there is more.
Operation<bool> sweep_dropped_mailboxes(std::size_t most);
Operation<bool> forget_expunged(std::size_t per_mailbox);
Operation<bool> forget_hidden(std::size_t per_account);

}  // namespace storage
