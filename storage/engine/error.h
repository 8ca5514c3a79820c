// Exceptions of database calls: machine errors, not refused requests. A full disk has its own type, since the writer
// turns it into a Refusal.
#pragma once

#include <stdexcept>
#include <string>

namespace storage::engine {

// For damage that we find ourselves: SQLITE_CORRUPT.
inline constexpr int code_damaged = 11;

// Any failed call of SQLite. code() is its extended result code.
class Error : public std::runtime_error {
  public:
    Error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
    int code() const { return code_; }
    bool busy() const;        // another process holds the file
    bool damaged() const;     // the file is not a database, or lacks our tables
    bool constraint() const;  // UNIQUE, NOT NULL or CHECK failed

  private:
    int code_;
};

// The disk, or the configured maximum, is full.
class DiskFull : public Error {
  public:
    using Error::Error;
};

// Throws DiskFull or Error for an SQLite result code; `what` names the failed action.
[[noreturn]] void throw_error(int code, const std::string& what);

}  // namespace storage::engine
