// The store's file as a whole: making it, migrating it, and knowing whether another process has it open. Leaves reading
// and writing to Readers and Writer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

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

    // What mark_log() has written beside the file: which database the log belongs to. 0: not known.
    std::int64_t log_mark() const;
    void set_log_mark(std::int64_t mark);

  private:
    int file_ = -1;
    bool alone_ = false;
};

// Makes a fresh file, or upgrades an older one. Throws std::runtime_error in words for the administrator when the file
// is newer, is not ours, is no database, or is older and in use, or when another database's log lies beside it.
void prepare_database(const StoreOptions& options, const Presence& presence);

// Opens the file to be read alone (StoreOptions::read_only): a connection that cannot write, but, being the last, takes
// the log away when it closes. Throws as prepare_database does, and when there is no store.
std::unique_ptr<Connection> open_to_read(const StoreOptions& options, const Presence& presence);

int newest_schema();  // the one that this program writes

// After an unclean end: jumps every HIGHESTMODSEQ and UIDNEXT, and the next blob's id (which the search index may know
// other content by), ahead of what a power cut may have taken back, and drops
// the locks and marks of sessions that are gone. Sets the file's mark "in use". One transaction. False after an unclean
// end.
bool recover_database(Connection& connection);

// Gives the file a new mark, in the file itself and beside it, before the log holds anything else: by it log_belongs()
// knows a log that was left beside another file. While nobody else has the file open.
void mark_log(Connection& connection, Presence& presence);
void mark_clean(Connection& connection);

// How far an unclean start jumps: more changes than any second of prompt commits can hold.
inline constexpr std::int64_t modseq_gap = 1 << 20;
inline constexpr std::int64_t uid_gap = 1 << 12;
inline constexpr std::int64_t blob_id_gap = 1 << 16;

}  // namespace storage::engine
