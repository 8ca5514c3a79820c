// The write-ahead log as a file: synced by the writer itself, and made long in advance, since overwriting blocks that a
// file has costs less than half the sync of growing it. Leaves its content to SQLite.
#pragma once

#include <cstdint>
#include <filesystem>

namespace storage::engine {

// Of the file system that holds the store.
struct DiskSpace {
    std::uint64_t total_octets = 0;
    std::uint64_t free_octets = 0;  // for us
};

class WalFile {
  public:
    // For the log of this database, which must be open.
    explicit WalFile(const std::filesystem::path& database);
    ~WalFile();
    WalFile(const WalFile&) = delete;
    WalFile& operator=(const WalFile&) = delete;

    // What has been written to it is on disk when this returns. Throws std::system_error.
    void sync();
    // Fills it with zeros up to `octets`. Only within a write transaction, when nobody else appends. Best effort: a
    // full disk is not reported.
    void extend(std::uint64_t octets);
    std::uint64_t size() const;
    // Unknown counts as endless: then a failing write tells.
    DiskSpace disk_space() const;

  private:
    int file_ = -1;
};

}  // namespace storage::engine
