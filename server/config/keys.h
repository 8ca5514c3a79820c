// The table of config keys: used for parsing, environment names and documentation, so that they always agree.
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
    // What a number, size or duration may be, or each of a list of durations: enforced and documented. A minimum
    // belongs here, not into the help.
    Range range = {};
    // Checks a value that was set; the text of the fault, or empty. nullptr: any value is allowed.
    std::string (*objection)(const Config&) = nullptr;
};

// In the order of the documentation, section by section.
std::span<const Key> config_keys();

// The help with the range: "The largest message accepted. From 1KiB to 2GiB."
std::string help_of(const Key& key);

// "limits.connections", "hostname".
std::string path_of(const Key& key);
// "MAILSTEAD_LIMITS_CONNECTIONS".
std::string environment_name(const Key& key);

// For keys that only a restart can change (addresses, threads, what others were built from): copies the values in force
// into `fresh`, and returns the names of those that differed, in the table's order.
std::vector<std::string> keep_for_restart(const Config& in_force, Config& fresh);

}  // namespace server
