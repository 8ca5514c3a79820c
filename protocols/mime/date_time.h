// The origination date and its obsolete forms. RFC 5322 §3.3, §4.3. Also the calendar arithmetic (Unix seconds to
// civil time and back), so that IMAP's internal date (RFC 9051 §9, date-time) need not have its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mime {

// A moment and the time zone it was written in.
struct DateTime {
    std::int64_t unix_seconds = 0;  // UTC
    int zone_minutes = 0;           // east of UTC is positive

    bool operator==(const DateTime&) const = default;
};

// A moment as calendar fields in some zone (proleptic Gregorian).
struct CivilTime {
    int year = 1970;
    int month = 1;    // 1 to 12
    int day = 1;      // 1 to 31
    int hour = 0;     // 0 to 23
    int minute = 0;   // 0 to 59
    int second = 0;   // 0 to 60
    int weekday = 4;  // 0 is Sunday; ignored by from_civil

    bool operator==(const CivilTime&) const = default;
};

// English short names as the RFCs use them; index 0 is "Jan", "Sun".
std::string_view month_name(int month_from_zero);
std::string_view weekday_name(int weekday);

CivilTime to_civil(DateTime moment);                            // in moment's own zone
DateTime from_civil(const CivilTime& civil, int zone_minutes);  // fields in range, not checked
int days_in_month(int year, int month);                         // month 1 to 12

// A Date field's value: optional day of week, comments and folds anywhere, two- and three-digit years, zones by name,
// optional seconds; a missing zone is UTC. nullopt without a valid day, month, year and time.
std::optional<DateTime> parse_date_time(std::string_view value);

// Its day at 00:00:00 UTC, ignoring anything after the year. nullopt without a valid day, month and year at its start.
std::optional<DateTime> parse_day(std::string_view value);

// "Fri, 21 Nov 1997 09:55:06 -0600".
std::string render_date_time(DateTime moment);

}  // namespace mime
