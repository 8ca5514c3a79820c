// The keys of [limits]: what a peer can make the server store, count or wait for. A part of keys.h's table.
#pragma once

#include <span>

#include "server/config/keys.h"

namespace server {

std::span<const Key> limit_keys();

}  // namespace server
