// One connection to the store's file, with its cache of prepared statements. The one that writes belongs to the writer,
// the others to the readers; each is used by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/engine/error.h"
#include "storage/engine/statement.h"
#include "storage/snapshot.h"

struct sqlite3;

namespace storage::engine {

struct ConnectionOptions {
    std::filesystem::path path;
    bool read_only = false;
    bool without_log = false;  // read what the file itself holds: the log beside it is not looked at, nothing is locked
    std::size_t cache_octets = 2u << 20;
    std::chrono::milliseconds busy_timeout{10'000};  // how long to wait for another process
};

class Connection : public Snapshot {
  public:
    // Opens the file (a writer makes it). Throws Error.
    explicit Connection(const ConnectionOptions& options);
    ~Connection();

    // The statement of this text, prepared at its first use. Asking again while the first is in use gives another.
    Statement statement(std::string_view sql);
    // statement(sql).bind(args...).run(); returns how many rows were inserted, updated or deleted.
    template <class... Args>
    std::int64_t run(std::string_view sql, const Args&... args) {
        Statement todo = statement(sql);
        todo.bind(args...).run();
        return changes();
    }
    // Any number of statements without parameters or results, not cached: schema, pragmas.
    void execute(const std::string& sql);

    // The first octets of a BLOB, at most so many, without reading the pages that hold the rest of it. The column is of
    // a table with a rowid; the row exists and holds no NULL. Throws Error.
    std::string blob_prefix(const char* table, const char* column, std::int64_t rowid, std::size_t most);

    std::int64_t changes() const;         // rows touched by the last INSERT, UPDATE or DELETE
    std::int64_t last_insert_id() const;  // rowid of the last INSERT
    bool in_transaction() const;          // false also when SQLite gave up the transaction by itself
    // Raised whenever another connection has committed (PRAGMA data_version).
    std::int64_t data_version();

    // For storage/engine and storage/upkeep (online backup).
    sqlite3* handle() const { return handle_; }

  private:
    struct Cache;
    sqlite3* handle_ = nullptr;
    std::unique_ptr<Cache> cache_;
};

// What a query asks within storage/: every snapshot is a connection's.
inline Connection& connection_of(Snapshot& snapshot) { return static_cast<Connection&>(snapshot); }

}  // namespace storage::engine
