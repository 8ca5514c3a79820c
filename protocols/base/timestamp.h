// Times as RFC 3339 writes them: "2026-12-24T18:00:00Z".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// RFC 3339 §5.6, of any offset, in Unix seconds; fractions of a second are dropped. nullopt: it is none.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

// In UTC, of Unix seconds.
std::string format_timestamp(std::int64_t at);

}  // namespace base
