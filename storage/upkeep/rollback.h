// `mailstead rollback`: back to the store before its last upgrade (CLIENTS.md 27). storage/engine/upgrade.h makes the
// snapshots.
#pragma once

#include <filesystem>
#include <optional>

#include "storage/audit.h"
#include "storage/result.h"

namespace storage {

struct Rollback {
    int undone = 0;              // the schema of the undone upgrade
    int schema = 0;              // of the store now
    std::filesystem::path kept;  // the newer file: mailstead.db.after-<undone>; it is never deleted
    bool readable = true;        // false: the newer file is unreadable, so its numbers are only guessed to be exceeded
};

// Puts the newest snapshot in the store's place, atomically, and keeps the newer file aside. Numbers used by the newer
// file are not used again: UIDNEXT, UIDVALIDITY, MODSEQs and ids stay above its own, and everything that differs counts
// as changed now. Refuses in_use (a process has the store open), conflict (no snapshot, or none of an upgrade of this
// file, or a damaged one), not_permitted (the directory cannot be written). Throws engine::Error if the snapshot cannot
// be read; then nothing has changed. The entry is noted in the snapshot's audit, if its schema has one.
Result<Rollback> rollback_store(const std::filesystem::path& store, std::optional<AuditEntry> entry = {});

}  // namespace storage
