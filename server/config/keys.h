// The one table of config keys: parsing, environment names and documentation all come from it and cannot diverge.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/values.h"

namespace server {

struct Key {
    std::string_view section;  // empty: top level
    std::string_view name;
    std::string_view help;
    Field (*field)(Config&);
    // Looks at a value that has been set; the words of what is wrong with it, or empty. nullptr: any value will do.
    std::string (*objection)(const Config&) = nullptr;
};

// In the order of the documentation; keys of a section stand together.
std::span<const Key> config_keys();

// "limits.connections", "hostname".
std::string path_of(const Key& key);
// "MAILSTEAD_LIMITS_CONNECTIONS".
std::string environment_name(const Key& key);

// What only a start can take over (places, threads, what others were built from): gives `fresh` the values that are in
// force for those keys, and names those that it had otherwise, in the table's order.
std::vector<std::string> keep_for_restart(const Config& in_force, Config& fresh);

// The keys of one [[queue.route]].
struct RouteKey {
    std::string_view name;
    Field (*field)(Route&);
};
std::span<const RouteKey> route_keys();

}  // namespace server
