// A file of an older schema: a snapshot beside it, then all migrations that it has not seen in one transaction
// (CLIENTS.md 27). Leaves putting the snapshot back to storage/upkeep/rollback.h.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "storage/engine/connection.h"
#include "storage/engine/embedded_sql.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

// What the file holds: nothing yet, our schema at a version, or something else.
inline constexpr int application_id = 0x4d535444;  // "MSTD"

int schema_version(Connection& connection);  // 0: of a file without a schema
void set_schema_version(Connection& connection, int version);

// Runs the migrations that the file has not seen, all of them or none. Throws Error.
void run_migrations(Connection& connection, std::span<const Migration> migrations);

// The same for a store that has content, and that no other process has open: after a snapshot, and with older snapshots
// removed when it is done. Does nothing to a file that has seen them all. Throws std::runtime_error in words for the
// administrator; the file is then as it was.
void upgrade_database(Connection& connection, const StoreOptions& options, std::span<const Migration> migrations);

// The store's copy from before its upgrade to schema `to`: mailstead.db.before-3.
struct Snapshot {
    int to = 0;
    std::filesystem::path path;
};
std::optional<Snapshot> newest_snapshot(const std::filesystem::path& store);

}  // namespace storage::engine
