// Core/echo: RFC 8620 §4.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> core_echo(Call& call);

}  // namespace jmap
