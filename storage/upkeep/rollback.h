// `mailstead rollback`: back to what the store was before its last upgrade (CLIENTS.md 27). The snapshot is
// storage/engine/upgrade.h's.
#pragma once

#include <filesystem>

#include "storage/result.h"

namespace storage {

struct Rollback {
    int undone = 0;              // the schema that the upgrade led to
    int schema = 0;              // of the store as it is now
    std::filesystem::path kept;  // the newer file: mailstead.db.after-<undone>; nothing removes it
    bool readable = true;        // false: the newer file could not be read, its numbers are only guessed to be passed
};

// Puts the newest snapshot in the store's place, at once or not at all, and keeps the newer file aside. What the newer
// file has given out does not come back with another meaning: UIDNEXT, UIDVALIDITY, MODSEQs and ids stay ahead of it,
// and what differs between both files counts as changed now. Refuses in_use (a process has the store open), conflict
// (no snapshot, or none of an upgrade that this file has seen), not_permitted (the directory cannot be written).
// Throws engine::Error when the snapshot cannot be read; nothing has changed then.
Result<Rollback> rollback_store(const std::filesystem::path& store);

}  // namespace storage
