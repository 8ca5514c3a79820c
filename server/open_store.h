// Opens the store, as the config has it, and logs what happens to it then: an upgrade, a start after a crash.
#pragma once

#include <memory>

#include "server/config/config.h"
#include "server/log.h"
#include "storage/store.h"

namespace server {

// Throws what storage::Store does. `log` must outlive the store.
std::unique_ptr<storage::Store> open_store(const Config& config, Log& log);

}  // namespace server
