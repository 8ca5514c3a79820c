// What a database call throws: faults of the machine, not refused wishes. A full disk is told apart, since the writer
// turns it into a Refusal.
#pragma once

#include <stdexcept>
#include <string>

namespace storage::engine {

// For what is found damaged by ourselves: SQLITE_CORRUPT.
inline constexpr int code_damaged = 11;

// Any failed call of SQLite. code() is its extended result code.
class Error : public std::runtime_error {
  public:
    Error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
    int code() const { return code_; }
    bool busy() const;        // another process holds the file
    bool damaged() const;     // the file is no database, or not one with our tables
    bool constraint() const;  // UNIQUE, NOT NULL or CHECK said no

  private:
    int code_;
};

// The disk, or the configured maximum, is full.
class DiskFull : public Error {
  public:
    using Error::Error;
};

// Throws DiskFull or Error for an SQLite result code; `what` says what was tried.
[[noreturn]] void throw_error(int code, const std::string& what);

}  // namespace storage::engine
