// Ids, numbers and dates. RFC 8620 §1.2 to §1.4.
#include "web/jmap/wire/types.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocols/base/text.h"
#include "protocols/base/timestamp.h"

namespace jmap {

bool is_id(std::string_view text) {
    const auto fits = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, fits);
}

std::optional<std::int64_t> int_of(const nlohmann::json& value) {
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most_int)) {
        return std::nullopt;
    }
    // "1.0" and "1e3" are the same numbers as "1" and "1000" (RFC 7493 §2.2 knows one kind of them).
    if (value.is_number_float()) {
        const double number = value.get<double>();
        if (!(number >= -static_cast<double>(most_int) && number <= static_cast<double>(most_int))) return std::nullopt;
        const auto whole = static_cast<std::int64_t>(number);
        if (static_cast<double>(whole) != number) return std::nullopt;
        return whole;
    }
    if (!value.is_number_integer()) return std::nullopt;
    const auto number = value.get<std::int64_t>();
    if (number < -most_int || number > most_int) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> unsigned_int_of(const nlohmann::json& value) {
    const std::optional<std::int64_t> number = int_of(value);
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

std::string utc_date(std::int64_t at) { return base::format_timestamp(at); }

std::optional<std::int64_t> parse_utc_date(std::string_view text) {
    // Letters are upper case, and the offset is Z (RFC 8620 §1.4).
    if (!text.ends_with('Z') || text.find('t') != std::string_view::npos) return std::nullopt;
    return base::parse_timestamp(text);
}

}  // namespace jmap
