// IMAP's dates: internal dates ("17-Jul-1996 02:44:25 -0700") and the days in SEARCH (1-Feb-1994). RFC 9051 §2.3.3, §9
// (date-time, date). mime parses dates in header sections.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/mime/date_time.h"

namespace imap::wire {

using mime::DateTime;

// The whole of text, without quotes, as a date-time. A day below ten may be " 7", "07" or (as clients send) "7".
std::optional<DateTime> parse_date_time(std::string_view text);

// Appends a date-time with its quotes. Years outside 0..9999 are clamped to that range.
void append_date_time(std::string& out, const DateTime& when);

// The whole of text, without quotes, as a date-text: "1-Feb-1994".
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

}  // namespace imap::wire
