// Upgrades a file of an older schema: makes a snapshot beside it, then runs all new migrations in one transaction
// (CLIENTS.md 27). storage/upkeep/rollback.h puts the snapshot back.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "storage/engine/connection.h"
#include "storage/engine/embedded_sql.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

// What the file contains: nothing yet, our schema at a version, or something else.
inline constexpr int application_id = 0x4d535444;  // "MSTD"

int schema_version(Connection& connection);  // 0: no schema
void set_schema_version(Connection& connection, int version);

// Runs the migrations that the file has not had, all or none. Throws Error.
void run_migrations(Connection& connection, std::span<const Migration> migrations);

// The same for a store with content that no other process has open: makes a snapshot first, and afterwards removes
// older snapshots. Does nothing if no migration is new. Throws std::runtime_error with a text for the administrator;
// the file is then unchanged.
void upgrade_database(Connection& connection, const StoreOptions& options, std::span<const Migration> migrations);

// A copy of the store from before its upgrade to schema `to`: mailstead.db.before-3.
struct Snapshot {
    int to = 0;
    std::filesystem::path path;
};
std::optional<Snapshot> newest_snapshot(const std::filesystem::path& store);

}  // namespace storage::engine
