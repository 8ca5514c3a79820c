// A backup is written beside its final name and renamed when complete. storage/engine does the copying.
#include "storage/upkeep/backup.h"

#include "storage/engine/backup.h"
#include "storage/engine/error.h"
#include "storage/engine/partial_file.h"

namespace storage {

namespace {

Result<std::uint64_t> backup(engine::Connection& connection, const std::filesystem::path& target) {
    if (std::filesystem::exists(target)) return refuse(Reason::already_exists, "file exists: " + target.string());
    engine::PartialFile partial(target);
    if (!partial.is_open()) return refuse(Reason::not_permitted, "cannot write " + target.string());
    try {
        engine::copy_database(connection, partial.path());
    } catch (const engine::DiskFull& full) {
        return refuse(Reason::storage_full, full.what());
    }
    if (!partial.give_name()) return refuse(Reason::not_permitted, "cannot write " + target.string());
    return std::filesystem::file_size(target);
}

}  // namespace

Query<std::uint64_t> backup_store(std::filesystem::path target) {
    return [=](Snapshot& snapshot) {
        engine::Connection& connection = engine::connection_of(snapshot);
        return backup(connection, target);
    };
}

}  // namespace storage
