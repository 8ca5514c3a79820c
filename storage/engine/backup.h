// The online backup: a whole copy of the file while others read and write it. Leaves names and renaming to upkeep.
#pragma once

#include <filesystem>

#include "storage/engine/connection.h"

namespace storage::engine {

// Copies what the source sees into the file `target`, which is empty or not there yet, synced, in one file without a
// WAL. One snapshot: writers go on meanwhile, and are not in it. Throws Error, DiskFull.
void copy_database(Connection& source, const std::filesystem::path& target);

}  // namespace storage::engine
