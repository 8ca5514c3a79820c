// One connection to the store's file, with its cache of prepared statements. The writer has the only one that writes,
// the readers have the others; each is used by one thread at a time.
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
#include "storage/store_options.h"

struct sqlite3;

namespace storage::engine {

struct ConnectionOptions {
    std::filesystem::path path;
    bool read_only = false;
    bool without_log = false;  // read only the database file: ignores the log beside it and takes no locks
    std::size_t cache_octets = 2u << 20;
    std::chrono::milliseconds busy_timeout{10'000};  // how long to wait for another process
    SharingOptions sharing{};                        // as in StoreOptions
};

class Connection : public Snapshot {
  public:
    static constexpr int steps_between_looks = 1'000;  // some tens of microseconds

    // Opens the file (the writer creates it); to write, only if it is no symbolic link. Throws Error.
    explicit Connection(const ConnectionOptions& options);
    ~Connection();

    // The statement of this text, prepared at its first use. If it is in use already, another one is made.
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

    // The first octets of a BLOB, at most `most`, without reading the pages of the rest. The table must have a rowid;
    // the row must exist and not hold NULL. Throws Error.
    std::string blob_prefix(const char* table, const char* column, std::int64_t rowid, std::size_t most);

    std::int64_t changes() const;  // rows touched by the last INSERT, UPDATE or DELETE
    bool in_transaction() const;   // also false if SQLite has rolled the transaction back by itself
    // Changes whenever another connection has committed (PRAGMA data_version).
    std::int64_t data_version();

    // Called now and then during every statement, read of content, and Snapshot::give_way(); it may block, but not
    // throw or use the connection. If it returns false, the statement or read ends with an Error. Empty: nothing.
    // `steps`: of SQLite's virtual machine, between two calls.
    void set_give_way(std::function<bool()> give_way, int steps = steps_between_looks);

    // For queries on rights, which have nothing else to ask.
    const SharingOptions& sharing() const { return sharing_; }

    // For storage/engine and storage/upkeep (online backup).
    sqlite3* handle() const { return handle_; }

  private:
    friend class storage::Snapshot;
    struct Cache;
    sqlite3* handle_ = nullptr;
    std::function<bool()> give_way_;
    std::unique_ptr<Cache> cache_;
    SharingOptions sharing_;
};

// For queries within storage/: every Snapshot is a Connection.
inline Connection& connection_of(Snapshot& snapshot) { return static_cast<Connection&>(snapshot); }

}  // namespace storage::engine
