// The keys of one [[queue.route]].
#include "server/config/route_keys.h"

#include "protocols/base/text.h"

namespace server {

namespace {

constexpr RouteKey keys_of_route[] = {
    {"domain", [](Route& r) -> Field { return &r.domain; }},
    {"host", [](Route& r) -> Field { return &r.host; }},
    {"port", [](Route& r) -> Field { return &r.port; }},
    {"tls", [](Route& r) -> Field { return &r.tls; }},
    {"username", [](Route& r) -> Field { return &r.username; }},
    {"password", [](Route& r) -> Field { return &r.password; }},
    {"ca_file", [](Route& r) -> Field { return &r.ca_file; }},
};

}  // namespace

std::span<const RouteKey> route_keys() { return keys_of_route; }

std::string object_to_route(std::span<const Route> earlier, const Route& route) {
    if (route.domain.empty() || route.host.empty()) return "domain and host are needed";
    if (route.username.empty() != route.password.empty()) {
        return route.host + ": username and password: give both or neither";
    }
    for (const Route& other : earlier) {
        if (base::iequals(other.domain, route.domain)) return "two routes for \"" + route.domain + "\"";
        // They would share connections, of which one or the other is logged in.
        if (base::iequals(other.host, route.host) && other.port == route.port && other.username == route.username &&
            other.password != route.password) {
            return route.host + " has two passwords for " + route.username;
        }
    }
    return {};
}

}  // namespace server
