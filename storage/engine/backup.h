// The online backup: a complete copy of the file while others read and write it. upkeep handles names and renaming.
#pragma once

#include <filesystem>

#include "storage/engine/connection.h"

namespace storage::engine {

// Copies the source's snapshot to the file `target` (empty or missing): synced, in one file without a WAL. Writers go
// on meanwhile; what they write is not in the copy. Throws Error, DiskFull.
void copy_database(Connection& source, const std::filesystem::path& target);

}  // namespace storage::engine
