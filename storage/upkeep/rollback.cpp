// Chooses the snapshot to put back, and looks through it first. replacement.h exchanges the files.
#include "storage/upkeep/rollback.h"

#include <unistd.h>

#include <string>

#include "storage/engine/database.h"
#include "storage/engine/log_owner.h"
#include "storage/engine/partial_file.h"
#include "storage/engine/upgrade.h"
#include "storage/upkeep/replacement.h"

namespace storage {

namespace {

// Why the snapshot must not take the store's place; empty: it may.
std::string objection_to(const std::filesystem::path& snapshot) {
    try {
        engine::Connection connection({.path = snapshot});
        if (!is_store(connection)) return "is no copy of a Mailstead store";
        const std::string fault = structural_fault(connection);
        return fault.empty() ? fault : "is damaged: " + fault;
    } catch (const engine::Error& error) {
        if (!error.damaged()) throw;
        return std::string("is damaged: ") + error.what();
    }
}

Result<Rollback> put_back(const std::filesystem::path& store, const engine::Snapshot& snapshot, std::int64_t noted_mark,
                          const std::optional<AuditEntry>& entry) {
    const bool own_log = engine::log_belongs(store, noted_mark);  // a foreign log would destroy the file
    const int present = own_log ? schema_of(store) : 0;
    if (present != 0 && present < snapshot.to) {
        return refuse(Reason::conflict, "the store has schema " + std::to_string(present) + ": it is older than " +
                                            snapshot.path.string() + " and needs no rollback");
    }
    const std::string objection = objection_to(snapshot.path);
    if (!objection.empty()) {
        return refuse(Reason::conflict, snapshot.path.string() + " " + objection + "; nothing was changed");
    }
    Rollback done;
    done.undone = snapshot.to;
    done.kept = free_name(store.string() + ".after-" + std::to_string(snapshot.to));
    done.readable = own_log && carry_numbers_over(snapshot.path, store);
    if (!own_log) expect_newer_numbers(snapshot.path);
    done.schema = schema_of(snapshot.path);
    if (entry) note_in_audit_of(snapshot.path, *entry);
    if (!set_aside(store, done.kept, noted_mark) || ::rename(snapshot.path.c_str(), store.c_str()) != 0 ||
        !engine::sync_directory_of(store)) {
        return refuse(Reason::not_permitted, "cannot rename files in " + store.parent_path().string());
    }
    return done;
}

}  // namespace

Result<Rollback> rollback_store(const std::filesystem::path& store, std::optional<AuditEntry> entry) {
    if (!std::filesystem::exists(store)) return refuse(Reason::conflict, "there is no store " + store.string());
    engine::Presence presence(store);
    if (!presence.alone()) return refuse(Reason::in_use, "the store is in use: stop the server first");
    const auto snapshot = engine::newest_snapshot(store);
    if (!snapshot) {
        return refuse(Reason::conflict, "there is no snapshot " + store.string() + ".before-…: nothing to go back to");
    }
    Result<Rollback> done = put_back(store, *snapshot, presence.log_mark(), entry);
    if (done) presence.set_log_mark(0);  // it was the old file's
    return done;
}

}  // namespace storage
