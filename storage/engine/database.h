// The store's file as a whole: creates and migrates it, and knows whether another process has it open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "storage/engine/connection.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

// Which processes have the store open: an advisory lock on a file beside it, which the kernel releases when one dies.
class Presence {
  public:
    // Joins the other processes, waiting while one of them recovers the file.
    explicit Presence(const std::filesystem::path& store);
    ~Presence();
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

    // True if no other process has the file open; others that open it wait until settle(), or until this is destroyed.
    bool alone() const { return alone_; }
    void settle();     // recovery is done: others may open it
    bool try_alone();  // at the end: are we the last one?

    // The mark written beside the file by mark_log(): which database the log belongs to. 0: not known.
    std::int64_t log_mark() const;
    void set_log_mark(std::int64_t mark);

  private:
    int file_ = -1;
    bool alone_ = false;
};

// Creates the file, or upgrades an older one. Throws std::runtime_error with a text for the administrator if the file
// is newer, not ours, no database, or older and in use, or if another database's log lies beside it.
void prepare_database(const StoreOptions& options, const Presence& presence);

// Opens the file for reading (StoreOptions::read_only): the connection cannot write, but if it is the last one, it
// removes the log when it closes. Throws like prepare_database, and if there is no store.
std::unique_ptr<Connection> open_to_read(const StoreOptions& options, const Presence& presence);

int newest_schema();  // the one that this program uses

// After an unclean end: raises every HIGHESTMODSEQ, UIDNEXT and the next blob's id above all that a power failure may
// have lost (the search index may have entries for such an id), and drops locks and marks of sessions that are gone.
// Marks the file as in use. One transaction. False after an unclean end.
bool recover_database(Connection& connection);

// Writes a new mark into the file and beside it, before the log has content: log_belongs() uses it to detect another
// database's log. Only while no other process has the file open.
void mark_log(Connection& connection, Presence& presence);
void mark_clean(Connection& connection);

// The size of that jump: more changes than prompt commits of one second can hold.
inline constexpr std::int64_t modseq_gap = 1 << 20;
inline constexpr std::int64_t uid_gap = 1 << 12;
inline constexpr std::int64_t blob_id_gap = 1 << 16;

}  // namespace storage::engine
