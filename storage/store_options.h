// Options for opening a store, and reports about an upgrade.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace storage {

// The upgrade of a file to this program's schema.
struct Upgrade {
    int from = 0;
    int to = 0;
    std::filesystem::path snapshot;  // a copy from before the upgrade: mailstead.db.before-<to>
    std::uint64_t octets = 0;        // its size
    bool done = false;               // false: it is about to begin
};

// How much of the past is kept (audit.h), each kind of entry by itself.
struct AuditOptions {
    std::chrono::seconds keep{0};  // 0: nothing is noted
    std::uint64_t rows = 100'000;
};

// How much of what happened to messages is kept (trace.h).
struct TraceOptions {
    std::chrono::seconds keep{0};  // 0: nothing is noted
    std::uint64_t rows = 10'000'000;
};

// How accounts may share mailboxes (rights.h).
struct SharingOptions {
    bool with_anyone = false;                      // entries for "anyone" may be made, and give rights
    std::size_t mailboxes_per_account = 1'000;     // that one shares with others
    std::size_t listed_mailboxes_per_owner = 300;  // in another account's list
};

// Mail that is sent on, and mailing lists.
struct SendingOnOptions {
    std::chrono::days return_addresses_valid{21};  // longer than any queue keeps a message, and its bounce after that
    std::size_t members_per_list = 5'000;
};

struct StoreOptions {
    std::filesystem::path path;  // mailstead.db
    unsigned readers = 2;        // threads of the short lane for one account; there is one more for others
    unsigned long_readers = 2;   // long reads at work at once
    unsigned paused_reads = 16;  // long reads that wait for their next turn, at most
    std::chrono::milliseconds long_read_turn{10};
    std::size_t page_octets = 4096;              // SQLite page size of a new file
    std::size_t cache_octets = 4u << 20;         // SQLite page cache of the writer; the readers share as much again
    std::uint64_t wal_limit_octets = 64u << 20;  // a checkpoint is forced at this size
    std::size_t batch_operations = 512;          // most operations in one commit
    std::size_t batch_octets = 8u << 20;         // most octets of content in one commit
    std::chrono::milliseconds batch_time{50};    // after this no further operation is begun in it
    std::size_t inline_octets =
        64u << 10;  // content up to this size is written with its message, larger in chunks ahead
    std::size_t chunk_octets = 128u << 10;  // size of a stored chunk before compression
    // Content is refused (storage_full) if less than this, or less than a 32nd of the disk, would stay free: users can
    // then still delete messages, which makes room.
    std::uint64_t reserve_octets = 16u << 20;
    std::size_t mailboxes_per_account = 10'000;
    std::size_t keywords_per_account = 2'000;
    AuditOptions audit{};
    TraceOptions trace{};
    SharingOptions sharing{};
    SendingOnOptions sending_on{};
    bool everything_synced = false;                     // treats prompt writes like synced ones
    std::chrono::milliseconds prompt_sync_delay{1000};  // prompt commits are synced at the latest after this time
    // Called when an upgrade begins and when it is done, before the store's constructor returns.
    std::function<void(const Upgrade&)> on_upgrade{};
    // Called before the constructor returns if the last process did not close the file (kill -9, power failure).
    std::function<void()> on_unclean_start{};
    // Open for reading: the file must exist; it is not upgraded or recovered, and writing throws. An older schema is
    // accepted: queries that need the present one throw.
    bool read_only = false;
};

}  // namespace storage
