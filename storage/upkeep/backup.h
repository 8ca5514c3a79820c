// `mailstead backup`: the whole store as one file, while the server runs (storage/README.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "storage/query.h"

namespace storage {

// Copies the store, as this query's snapshot sees it, to `target`, and gives the copy's size in octets. The file
// appears under its name only when it is whole and synced; only its owner may read it. To be run in the long lane.
// Refuses already_exists, storage_full, not_permitted (the directory cannot be written).
Query<std::uint64_t> backup_store(std::filesystem::path target);

}  // namespace storage
