// The store's file as a whole: making it, migrating it, and knowing whether another process has it open. Leaves reading
// and writing to Readers and Writer.
#pragma once

#include <filesystem>

#include "storage/engine/connection.h"
#include "storage/store.h"

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

// What the file holds: nothing yet, our schema at a version, or something else.
inline constexpr int application_id = 0x4d535444;  // "MSTD"

// Makes a fresh file, or migrates an older one; each migration is one transaction. Throws std::runtime_error in words
// for the administrator when the file is newer, is not ours, or is no database.
void prepare_database(const StoreOptions& options);

// Runs the migrations that the file has not seen (user_version). For prepare_database and its test.
void run_migrations(Connection& connection);

// After an unclean end: jumps every HIGHESTMODSEQ and UIDNEXT ahead of what a power cut may have taken back, and drops
// the locks and marks of sessions that are gone. Sets the file's mark "in use". One transaction.
void recover_database(Connection& connection);
void mark_clean(Connection& connection);

// How far an unclean start jumps: more changes than any second of prompt commits can hold.
inline constexpr std::int64_t modseq_gap = 1 << 20;
inline constexpr std::int64_t uid_gap = 1 << 12;

}  // namespace storage::engine
