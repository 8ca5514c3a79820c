// Dates of fields: "Sun, 06 Nov 1994 08:49:37 GMT". RFC 9110 §5.6.7. Of all times Unix seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace http::wire {

// All three forms: IMF-fixdate and the obsolete ones of RFC 850 and asctime(). The day of the week must be a day's
// name, it may be the wrong one. `now` tells the century of RFC 850's two digits. nullopt: it is no HTTP-date.
std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now);

// IMF-fixdate, for years up to 9999.
std::string format_http_date(std::int64_t at);

}  // namespace http::wire
