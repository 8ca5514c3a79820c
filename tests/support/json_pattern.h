// JSON as transcripts expect it: patterns with names for what is not known before. tests/transcripts/README.md "JMAP".
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace support {

// What names stand for, by name.
using JsonNames = std::map<std::string, nlohmann::json>;

// Whether the value fits the pattern. A string "<name>" stands for any value, which must be the same again later;
// "<text>" for any. A name within a string or in a member's name stands for what is known of it. An object with a
// member
// "..." may have more members than the pattern, an array that begins with "..." more elements, in any order.
bool matches_json(const nlohmann::json& pattern, const nlohmann::json& value, JsonNames& names);

// The pattern with what is known of its names.
nlohmann::json with_names(const nlohmann::json& pattern, const JsonNames& names);

}  // namespace support
