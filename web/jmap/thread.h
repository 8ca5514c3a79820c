// Thread: RFC 8621 §3.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> thread_get(Call& call);
asio::awaitable<Json> thread_changes(Call& call);

}  // namespace jmap
