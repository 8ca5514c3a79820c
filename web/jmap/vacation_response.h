// The VacationResponse: RFC 8621 §8.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> vacation_response_get(Call& call);  // RFC 8621 §8.1
asio::awaitable<Json> vacation_response_set(Call& call);  // RFC 8621 §8.2

}  // namespace jmap
