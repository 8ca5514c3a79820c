// Freeing in the background what deleting left behind: messages of dropped mailboxes, blobs without a name, old
// expunged rows. In slices, so that a delivery never waits behind it (storage/README.md).
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>

#include "storage/store.h"

namespace storage {

struct SweepOptions {
    std::size_t slice = 500;                    // rows or blobs in one operation
    std::size_t most_slices = 20;               // of each kind in one call
    std::size_t expunged_per_mailbox = 20'000;  // ranges remembered for QRESYNC; older ones are forgotten
    bool expunged = true;                       // look at these too: one walk over the table
};

// Works off some of what there is to free; true when there is more. The house calls it every minute or so, and again
// soon when there is more.
asio::awaitable<bool> sweep(Store& store, SweepOptions options = {});

// The same, blocking, until nothing is left: for the command line and tests.
void sweep_now(Store& store, SweepOptions options = {});

// The slices of which it is made; true when there is more.
Operation<bool> sweep_dropped_mailboxes(std::size_t most);
Operation<bool> forget_expunged(std::size_t per_mailbox);

}  // namespace storage
