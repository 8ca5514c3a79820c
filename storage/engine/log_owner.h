// Detects a foreign log. SQLite applies any write-ahead log that lies beside a database, even if the database was put
// beside another one's log (sqlite.org/howtocorrupt.html §1.4), which destroys it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace storage::engine {

// False if the log beside the database has content of another database: the database is missing, or is a copy that
// never had a log (a backup), or lacks the mark noted when the log was begun (Presence::log_mark; 0: none). True if
// that cannot be decided. Only while no process has the database open.
bool log_belongs(const std::filesystem::path& database, std::int64_t noted_mark);

// Throws std::runtime_error with a text for the administrator if it does not belong.
void refuse_foreign_log(const std::filesystem::path& database, std::int64_t noted_mark);

}  // namespace storage::engine
