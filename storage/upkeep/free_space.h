// Pages of the file that hold nothing, and their way back to the disk (PRAGMA incremental_vacuum): after a great
// deletion, when the store has nothing else to do. Moving pages costs more than leaving them to mail that comes, so
// some stay.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>

#include "storage/query.h"

namespace storage {

namespace engine {
class Connection;
}
class Store;  // NOLINT(bugprone-forward-declaration-namespace): STORE is a command of IMAP too

struct FreeSpace {
    std::uint64_t file_octets = 0;
    std::uint64_t free_octets = 0;  // of these, on pages that hold nothing
    bool shrinks = false;  // false: made by schema 9 or older: it shrinks once it has been backed up and restored
};
Query<FreeSpace> free_space();
FreeSpace read_free_space(engine::Connection& connection);

struct GiveBackOptions {
    std::uint64_t kept_octets = 4u << 20;  // free pages worth so much stay, or
    unsigned kept_share = 16;              // this part of the file, whichever is more
    std::size_t slice_pages = 64;          // moved in one operation: what a delivery may have to wait for
    std::size_t most_slices = 200;         // in one call
};

// One slice; true when there is more.
Operation<bool> give_back_slice(GiveBackOptions options);

// Gives back some of what is free, as long as nobody else writes; true when there is more.
asio::awaitable<bool> give_back(Store& store, GiveBackOptions options = {});

}  // namespace storage
