// The write-ahead log as a file: synced by the writer itself, and extended in advance, since overwriting existing
// blocks takes less than half the time of a sync that grows the file.
#pragma once

#include <cstdint>
#include <filesystem>

namespace storage::engine {

// Of the file system that holds the store.
struct DiskSpace {
    std::uint64_t total_octets = 0;
    std::uint64_t free_octets = 0;  // available to us
};

class WalFile {
  public:
    // For the log of this database, which must be open.
    explicit WalFile(const std::filesystem::path& database);
    ~WalFile();
    WalFile(const WalFile&) = delete;
    WalFile& operator=(const WalFile&) = delete;

    // Everything written to it is on disk when this returns. Throws std::system_error.
    void sync();
    // Fills it with zeros up to `octets`. Only within a write transaction, while no one else appends. Best effort: a
    // full disk is not reported.
    void extend(std::uint64_t octets);
    std::uint64_t size() const;
    // If unknown, counts as unlimited: then a write will fail and report it.
    DiskSpace disk_space() const;

  private:
    int file_ = -1;
};

}  // namespace storage::engine
