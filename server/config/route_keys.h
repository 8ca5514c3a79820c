// The keys of one [[queue.route]], beside those of keys.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/config/values.h"

namespace server {

struct RouteKey {
    std::string_view name;
    Field (*field)(Route&);
};
std::span<const RouteKey> route_keys();
// What is wrong with a route, alone or beside the earlier ones; empty: nothing.
std::string object_to_route(std::span<const Route> earlier, const Route& route);

}  // namespace server
