// JSON Pointers: RFC 6901, with the "*" of RFC 8620 §3.7. Pure.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jmap {

// The tokens of a pointer ("" has none, "/a~1b" has "a/b"); nullopt: it is none.
std::optional<std::vector<std::string>> parse_pointer(std::string_view text);

// The value to which it leads; "*" maps through an array, and what it gathers is flattened. nullopt: there is none.
// `most`: how many octets may be copied at most; what is copied is taken off. Nothing is left of it if it is too much.
std::optional<nlohmann::json> evaluate_pointer(const nlohmann::json& root, const std::vector<std::string>& tokens,
                                               std::size_t& most);

}  // namespace jmap
