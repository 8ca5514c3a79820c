// Exceptions of database calls.
#include "storage/engine/error.h"

#include <sqlite3.h>

namespace storage::engine {

bool Error::busy() const { return (code_ & 0xff) == SQLITE_BUSY || (code_ & 0xff) == SQLITE_LOCKED; }

bool Error::damaged() const {
    static_assert(code_damaged == SQLITE_CORRUPT);
    const int code = code_ & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;  // the last: no such table
}

bool Error::constraint() const { return (code_ & 0xff) == SQLITE_CONSTRAINT; }

void throw_error(int code, const std::string& what) {
    const std::string text = what + ": " + sqlite3_errstr(code) + " (" + std::to_string(code) + ")";
    // SHMSIZE: the -shm file could not grow; the only cause is a full disk.
    if ((code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE) throw DiskFull(code, text);
    throw Error(code, text);
}

}  // namespace storage::engine
