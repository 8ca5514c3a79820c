// `mailstead restore`: a copy made by `mailstead backup` becomes the store. The copy itself is not touched.
#pragma once

#include <cstdint>
#include <filesystem>

#include "storage/result.h"
#include "storage/upkeep/check.h"

namespace storage {

struct RestoreOptions {
    CheckOptions check;                  // how the copy is looked through
    bool even_if_damaged = false;        // take a copy that has lost something, for want of a better one
    std::filesystem::path search_index;  // search.db, which is of the store that goes and is discarded; empty: none
};

struct Restored {
    std::filesystem::path kept;  // the store as it was; empty: there was none
    int schema = 0;              // of the copy; an older one is upgraded at the next start
    bool passed = true;          // false: the old file could not be read, its numbers are only guessed to be passed
    CheckReport report;          // of the copy; empty for one of an older schema, of which only the file is checked
};

// Puts the copy in the store's place, at once or not at all, whatever stops the machine meanwhile. The store that was
// there is kept aside, with its log; no log stays beside the copy. What the old one has given out does not come back
// with another meaning (as rollback_store). The directory exists; the store need not. Refuses in_use (a process has the
// store open), conflict (the copy is damaged, is no Mailstead store, or is a newer one's), storage_full, not_permitted
// (the directory cannot be written). Throws engine::Error and std::runtime_error for faults of the machine.
Result<Restored> restore_store(const std::filesystem::path& store, const std::filesystem::path& copy,
                               const RestoreOptions& options);

}  // namespace storage
