// PushSubscription: RFC 8620 §7.2. server/push does the pushing.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> push_subscription_get(Call& call);
asio::awaitable<Json> push_subscription_set(Call& call);

}  // namespace jmap
