// `mailstead backup`: the whole store as one file, while the server runs (storage/README.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "storage/query.h"

namespace storage {

// Copies this query's snapshot of the store to `target`; returns the copy's size in octets. The file appears under its
// name only when it is complete and synced; only its owner may read it. A long read. Refuses already_exists,
// storage_full, not_permitted (the directory cannot be written).
Query<std::uint64_t> backup_store(std::filesystem::path target);

}  // namespace storage
