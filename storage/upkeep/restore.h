// `mailstead restore`: makes a copy from `mailstead backup` the store. The copy itself is not changed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "storage/audit.h"
#include "storage/result.h"
#include "storage/upkeep/check.h"

namespace storage {

struct RestoreOptions {
    CheckOptions check;                  // how to check the copy
    bool even_if_damaged = false;        // accept a damaged copy, if there is no better one
    std::filesystem::path search_index;  // search.db of the old store, to be deleted; empty: none
    std::optional<AuditEntry> audit{};   // to be noted in the new store, if its schema has an audit
};

struct Restored {
    std::filesystem::path kept;  // the old store; empty: there was none
    int schema = 0;              // of the copy; an older one is upgraded at the next start
    bool passed = true;          // false: the old file is unreadable, so its numbers are only guessed to be exceeded
    CheckReport report;          // of the copy; empty for an older schema: then only the file's structure was checked
};

// Puts the copy in the store's place, atomically, even if the machine stops meanwhile. The old store is kept aside,
// with its log; no log stays beside the copy. Numbers used by the old store are not used again (as in rollback_store).
// The directory must exist; the store need not. Refuses in_use (a process has the store open), conflict (the copy is
// damaged, not a Mailstead store, or a newer one), storage_full, not_permitted (the directory cannot be written).
// Throws engine::Error and std::runtime_error for machine errors.
Result<Restored> restore_store(const std::filesystem::path& store, const std::filesystem::path& copy,
                               const RestoreOptions& options);

}  // namespace storage
