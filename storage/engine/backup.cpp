// SQLite's backup API over one read transaction, so that writers cannot make it start again.
#include "storage/engine/backup.h"

#include <sqlite3.h>

#include "storage/engine/error.h"

namespace storage::engine {

void copy_database(Connection& source, const std::filesystem::path& target) {
    Connection copy({.path = target});
    sqlite3_backup* backup = sqlite3_backup_init(copy.handle(), "main", source.handle(), "main");
    if (backup == nullptr) throw_error(sqlite3_extended_errcode(copy.handle()), "cannot back up to " + target.string());
    const int step = sqlite3_backup_step(backup, -1);
    const int end = sqlite3_backup_finish(backup);
    if (step != SQLITE_DONE) throw_error(end != SQLITE_OK ? end : step, "cannot back up to " + target.string());
    // The copy is marked as WAL like its source; so it could not be opened on a read-only disk.
    copy.execute("PRAGMA journal_mode = DELETE");
}

}  // namespace storage::engine
