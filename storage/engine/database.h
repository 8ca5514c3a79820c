// The store's file as a whole: making it, migrating it, and knowing whether another process has it open. Leaves reading
// and writing to Readers and Writer.
#pragma once

#include <filesystem>

#include "storage/engine/connection.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

// Which processes have the store open: an advisory lock on a file beside it, which the system takes back from the dead.
class Presence {
  public:
    // Joins those who have it open, waiting while one of them recovers the file.
    explicit Presence(const std::filesystem::path& store);
    ~Presence();
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

    // True while nobody else has the file open; others who open it wait until settle(), or until this is destroyed.
    bool alone() const { return alone_; }
    void settle();     // recovery is done: let others in
    bool try_alone();  // at the end: is nobody left but us?

  private:
    int file_ = -1;
    bool alone_ = false;
};

// Makes a fresh file, or upgrades an older one. Throws std::runtime_error in words for the administrator when the file
// is newer, is not ours, is no database, or is older and in use.
void prepare_database(const StoreOptions& options, const Presence& presence);

// After an unclean end: jumps every HIGHESTMODSEQ and UIDNEXT, and the next blob's id (which the search index may know
// other content by), ahead of what a power cut may have taken back, and drops
// the locks and marks of sessions that are gone. Sets the file's mark "in use". One transaction.
void recover_database(Connection& connection);
void mark_clean(Connection& connection);

// How far an unclean start jumps: more changes than any second of prompt commits can hold.
inline constexpr std::int64_t modseq_gap = 1 << 20;
inline constexpr std::int64_t uid_gap = 1 << 12;
inline constexpr std::int64_t blob_id_gap = 1 << 16;

}  // namespace storage::engine
