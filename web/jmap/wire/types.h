// JMAP's own types of values: RFC 8620 §1.2 to §1.4. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace jmap {

// Id: 1 to 255 letters, digits, hyphens and underscores (RFC 8620 §1.2). A creation id is one too.
bool is_id(std::string_view text);

// The largest Int, in both directions (RFC 8620 §1.3).
inline constexpr std::int64_t most_int = (std::int64_t{1} << 53) - 1;

// The number if the value is an Int or UnsignedInt.
std::optional<std::int64_t> int_of(const nlohmann::json& value);
std::optional<std::uint64_t> unsigned_int_of(const nlohmann::json& value);

// Unix seconds as a UTCDate, and of one; nullopt: it is none (RFC 8620 §1.4).
std::string utc_date(std::int64_t at);
std::optional<std::int64_t> parse_utc_date(std::string_view text);

}  // namespace jmap
