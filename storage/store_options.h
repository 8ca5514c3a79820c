// How a store is opened, and what is said of an upgrade while that happens.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace storage {

// A file of an older schema on its way to this program's.
struct Upgrade {
    int from = 0;
    int to = 0;
    std::filesystem::path snapshot;  // the file as it was before: mailstead.db.before-<to>
    std::uint64_t octets = 0;        // its size
    bool done = false;               // false: it begins now
};

struct StoreOptions {
    std::filesystem::path path;                  // mailstead.db
    unsigned readers = 2;                        // threads of the short lane
    unsigned long_readers = 2;                   // threads of the long lane
    std::size_t page_octets = 4096;              // SQLite page size of a file made now
    std::size_t cache_octets = 4u << 20;         // SQLite page cache of the writer; readers share as much again
    std::uint64_t wal_limit_octets = 64u << 20;  // a checkpoint is forced at this size
    std::size_t batch_operations = 512;          // most operations in one commit
    std::size_t batch_octets = 8u << 20;         // most octets of content in one commit
    std::size_t inline_octets =
        64u << 10;  // content up to this size is written with its message, larger in chunks ahead
    std::size_t chunk_octets = 128u << 10;  // size of a stored chunk before compression
    // Content is refused (storage_full) when less than this, or less than a 32nd of the disk, would stay free: then
    // users can still delete, and what they delete makes room.
    std::uint64_t reserve_octets = 16u << 20;
    std::size_t mailboxes_per_account = 10'000;
    std::size_t keywords_per_account = 2'000;
    bool everything_synced = false;                     // no prompt class: every write is answered after the sync
    std::chrono::milliseconds prompt_sync_delay{1000};  // at the latest, prompt commits are synced after this
    // Told when an upgrade begins and when it is done, before the store's constructor returns.
    std::function<void(const Upgrade&)> on_upgrade{};
    // Told, before the constructor returns, that the one before ended without closing the file (kill -9, a power cut).
    std::function<void()> on_unclean_start{};
    // Opened to be read: the file must be there, is not upgraded and not recovered, and writing throws. An older schema
    // is taken as it is: queries that need the present one throw.
    bool read_only = false;
};

}  // namespace storage
