// Gives free pages of the file back to the disk (PRAGMA incremental_vacuum): after large deletions, when the store is
// idle. Moving pages costs more than reusing them for new mail, so some stay.
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/awaitable.h"
#include "storage/query.h"

namespace storage {

namespace engine {
class Connection;
}
class Store;  // NOLINT(bugprone-forward-declaration-namespace): STORE is a command of IMAP too

struct FreeSpace {
    std::uint64_t file_octets = 0;
    std::uint64_t free_octets = 0;  // of these, on free pages
    bool shrinks = false;           // false: created by schema 9 or older; backup and restore make it shrink
};
Query<FreeSpace> free_space();
FreeSpace read_free_space(engine::Connection& connection);

struct GiveBackOptions {
    std::uint64_t kept_octets = 4u << 20;  // of free pages that stay, or
    unsigned kept_share = 16;              // this part of the file, if that is more
    std::size_t slice_pages = 64;          // moved in one operation, for which a delivery may have to wait
    std::size_t most_slices = 200;         // in one call
};

// One slice; true if there is more.
Operation<bool> give_back_slice(GiveBackOptions options);

// Gives back some free pages, as long as no one else writes; true if there is more.
Awaitable<bool> give_back(Store& store, GiveBackOptions options = {});

}  // namespace storage
