// The order makes it safe: the snapshot is complete and on disk before the file is changed, and the file changes in one
// commit.
#include "storage/engine/upgrade.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "storage/engine/backup.h"
#include "storage/engine/partial_file.h"
#include "storage/engine/transaction.h"
#include "storage/store_options.h"

namespace storage::engine {

namespace {

constexpr std::string_view infix = ".before-";

std::int64_t read_number(Connection& connection, std::string_view pragma) {
    Statement row = connection.statement(pragma);
    return row.step() ? row.integer(0) : 0;
}

std::filesystem::path snapshot_path(const std::filesystem::path& store, int to) {
    return store.string() + std::string(infix) + std::to_string(to);
}

std::vector<Snapshot> snapshots(const std::filesystem::path& store) {
    std::vector<Snapshot> found;
    const std::string prefix = store.filename().string() + std::string(infix);
    const std::filesystem::path folder = store.has_parent_path() ? store.parent_path() : ".";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix)) continue;
        int to = 0;
        const auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), to);
        if (error == std::errc() && end == name.data() + name.size()) found.push_back({to, entry.path()});
    }
    return found;
}

void remove_snapshots_before(const std::filesystem::path& store, int to) {
    std::error_code ignored;  // a left-over one only takes up space
    for (const Snapshot& snapshot : snapshots(store)) {
        if (snapshot.to < to) std::filesystem::remove(snapshot.path, ignored);
    }
}

void check_room(const StoreOptions& options, const Upgrade& upgrade) {
    std::error_code unknown;  // then a write will fail and report it
    const auto free = std::filesystem::space(options.path, unknown).available;
    const std::uint64_t needed = upgrade.octets + options.reserve_octets;
    if (unknown || free >= needed) return;
    throw std::runtime_error("the snapshot that is made first needs " + std::to_string((needed >> 20) + 1) +
                             " MiB, and " + std::to_string(free >> 20) + " MiB are free on the disk");
}

// A file of this name is left over from an interrupted upgrade, or older than the store that the administrator has put
// here: it is replaced.
void make_snapshot(Connection& connection, const Upgrade& upgrade) {
    PartialFile partial(upgrade.snapshot);
    if (!partial.is_open()) throw std::runtime_error("cannot write " + partial.path().string());
    copy_database(connection, partial.path());
    if (!partial.take_name()) throw std::runtime_error("cannot write " + upgrade.snapshot.string());
}

void migrate(Connection& connection, const Upgrade& upgrade, std::span<const Migration> migrations) {
    try {
        run_migrations(connection, migrations);
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(upgrade.snapshot, ignored);  // the store itself is unchanged
        throw;
    }
}

}  // namespace

int schema_version(Connection& connection) { return static_cast<int>(read_number(connection, "PRAGMA user_version")); }

void set_schema_version(Connection& connection, int version) {
    connection.execute("PRAGMA application_id = " + std::to_string(application_id));
    connection.execute("PRAGMA user_version = " + std::to_string(version));
}

void run_migrations(Connection& connection, std::span<const Migration> migrations) {
    Transaction transaction(connection);
    const int version = schema_version(connection);
    for (const Migration& migration : migrations) {
        if (migration.number <= version) continue;
        connection.execute(std::string(migration.sql));
        set_schema_version(connection, migration.number);
    }
    transaction.commit();
}

void upgrade_database(Connection& connection, const StoreOptions& options, std::span<const Migration> migrations) {
    Upgrade upgrade;
    upgrade.from = schema_version(connection);
    upgrade.to = migrations.back().number;
    if (upgrade.from >= upgrade.to) return;
    upgrade.snapshot = snapshot_path(options.path, upgrade.to);
    upgrade.octets = static_cast<std::uint64_t>(read_number(connection, "PRAGMA page_count") *
                                                read_number(connection, "PRAGMA page_size"));
    try {
        check_room(options, upgrade);
        if (options.on_upgrade) options.on_upgrade(upgrade);
        make_snapshot(connection, upgrade);
        migrate(connection, upgrade, migrations);
    } catch (const std::exception& error) {
        throw std::runtime_error(options.path.string() + " was not upgraded from schema " +
                                 std::to_string(upgrade.from) + " to " + std::to_string(upgrade.to) +
                                 " and is as it was: " + error.what());
    }
    remove_snapshots_before(options.path, upgrade.to);
    upgrade.done = true;
    if (options.on_upgrade) options.on_upgrade(upgrade);
}

std::optional<Snapshot> newest_snapshot(const std::filesystem::path& store) {
    const std::vector<Snapshot> found = snapshots(store);
    const auto newest = std::ranges::max_element(found, {}, &Snapshot::to);
    if (newest == found.end()) return std::nullopt;
    return *newest;
}

}  // namespace storage::engine
