// Whose log is it? SQLite plays back whatever write-ahead log lies beside a database, and has no way to see that the
// database was put there beside another one's log (sqlite.org/howtocorrupt.html §1.4): then it is ruined. We see it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace storage::engine {

// False when the log beside the database holds something, and that something is another database's: the database is
// not there, or is a copy that has never had a log (a backup), or does not have the mark that was noted when the log
// was begun (Presence::log_mark; 0: none was). True where that cannot be told. While nobody has the database open.
bool log_belongs(const std::filesystem::path& database, std::int64_t noted_mark);

// Throws std::runtime_error in words for the administrator when it does not.
void refuse_foreign_log(const std::filesystem::path& database, std::int64_t noted_mark);

}  // namespace storage::engine
