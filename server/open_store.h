// Opens the store and its search index, as the config has them, and logs what happens to them: an upgrade, a start
// after a crash, an index that cannot be written.
#pragma once

#include <memory>

#include "server/config/config.h"
#include "server/log.h"
#include "storage/search_index.h"
#include "storage/store.h"

namespace server {

// Throws what storage::Store does. `log` must outlive the store.
std::unique_ptr<storage::Store> open_store(const Config& config, Log& log);

// nullptr: [search] index is off. `store` and `log` must outlive it.
std::unique_ptr<storage::SearchIndex> open_search_index(storage::Store& store, const Config& config, Log& log);

}  // namespace server
