// Copies that did not come to their end. For store.cpp only.
#pragma once

#include "storage/engine/connection.h"
#include "storage/store_options.h"

namespace storage {

// At start, by the process that has the file alone: expunges what copies in several slices had put into their
// destinations when the last process ended.
void take_back_copies(engine::Connection& connection, const StoreOptions& options);

}  // namespace storage
