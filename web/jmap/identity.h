// Identities: RFC 8621 §6.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> identity_get(Call& call);      // RFC 8621 §6.1
asio::awaitable<Json> identity_changes(Call& call);  // RFC 8621 §6.2
asio::awaitable<Json> identity_set(Call& call);      // RFC 8621 §6.3

}  // namespace jmap
