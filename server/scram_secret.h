// The secret for the salts of unknown users, so that nobody learns by a log-in who is unknown.
#pragma once

#include <string>

#include "storage/store.h"

namespace server {

// The same at every start, or a restart would reveal who is unknown. Stored among the certificates; made at the first
// start. Blocks. Throws std::runtime_error if the store cannot be written.
std::string scram_secret(storage::Store& store);

}  // namespace server
