// JSON as JMAP takes it: I-JSON (RFC 7493), as RFC 8620 §1.5 asks. Pure. What the values mean is for others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace jmap {

using Json = nlohmann::json;

struct JsonLimits {
    std::size_t values = 200'000;  // each takes room of its own, however short its text
    std::size_t depth = 100;       // of objects and arrays in each other
};
enum class JsonFault : std::uint8_t { malformed, too_large };

// The value; `malformed` also if a name comes twice in an object, or text has a character that is none (RFC 7493 §2.1,
// §2.3).
std::expected<Json, JsonFault> parse_i_json(std::string_view octets, const JsonLimits& limits);

// As text without spaces; what is not UTF-8 in it becomes U+FFFD.
std::string to_text(const Json& value);

// What it is made of, roughly as long as its text: for limits.
std::size_t octets_of(const Json& value);

}  // namespace jmap
