// Dates: RFC 5322 §3.3, §4.3, appendix A; and other forms that occur in mail.
#include "protocols/mime/date_time.h"

#include <doctest/doctest.h>

#include <string_view>

using mime::DateTime;

TEST_CASE("dates are read with their zone") {
    struct Row {
        std::string_view value;
        std::int64_t unix_seconds;  // from date -u -d
        int zone_minutes;
    };
    const Row rows[] = {
        {"Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360},  // RFC 5322 A.1.1
        {"Tue, 1 Jul 2003 10:52:37 +0200", 1057049557, 120},   // A.1.2
        {"Thu, 13\r\n      Feb\r\n   1969\r\n 23:32\r\n          -0330 (Newfoundland Time)", -27723480, -210},  // A.5
        {"21 Nov 97 09:55:06 GMT", 880106106, 0},                                                               // A.6.2
        {"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706, -360},                                   // A.6.3
        {"Mon, 01 Jan 2024 00:00:00 EST", 1704085200, -300},
        {"1 Jan 70 00:00 UT", 0, 0},
        {"1 Jan 1970 00:00:00 -0000", 0, 0},
        {"1 Jan 49 00:00:00 Z", 2493072000, 0},  // two digits below 50: this century
        {"1 Jan 50 00:00:00 Z", -631152000, 0},
        {"1 Jan 100 00:00:00 Z", 946684800, 0},  // three digits: from 1900
        {"Sat, 29 Feb 2020 23:59:60 +0000", 1583020800, 0},
        {"Friday, 21-Nov-97 09:55:06 -0600", 880127706, -360},
        {"Fri Nov 21 09:55:06 1997", 880106106, 0},
        {"Fri Nov 21 09:55:06 -0600 1997", 880127706, -360},
        {"Fri, 21 Nov 1997 09:55:06", 880106106, 0},
        {"Fri, 21 Nov 1997 09:55:06 XYZ", 880106106, 0},
        {"Fri, 21 Nov 1997 09:55:06 +05:30", 880086306, 330},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const auto date = mime::parse_date_time(row.value);
        REQUIRE(date);
        CHECK(date->unix_seconds == row.unix_seconds);
        CHECK(date->zone_minutes == row.zone_minutes);
    }
}

TEST_CASE("what is no date gives nothing") {
    for (const std::string_view value :
         {"", "yesterday", "Fri, 32 Nov 1997 09:55:06 -0600", "29 Feb 2021 00:00:00 +0000", "21 Nov 1997",
          "21 Foo 1997 09:55:06 +0000", "21 Nov 1997 24:00:00 +0000", "21 Nov 1997 09:61:06 +0000",
          "99999999999999999999 Nov 1997 09:55:06", "21 Nov 99999 09:55:06 +0000", "(((((", "0 Nov 1997 00:00:00"}) {
        CAPTURE(value);
        CHECK_FALSE(mime::parse_date_time(value));
    }
}

TEST_CASE("a day may be all that is valid: RFC 5256 §2.2") {
    for (const std::string_view value :
         {"Fri, 21 Nov 1997 09:55:06 -0600", "21 Nov 1997", "Fri, 21-Nov-97", "Fri, 21 Nov 1997 25:99:00 +0100",
          "21 Nov 1997 at noon", "Fri, 21 Nov 97 (about noon) :::"}) {
        CAPTURE(value);
        CHECK(mime::parse_day(value) == DateTime{.unix_seconds = 880070400, .zone_minutes = 0});
    }
    for (const std::string_view value :
         {"", "noon", "32 Nov 1997", "29 Feb 2021", "21 Nov", "Fri Nov 21 25:55:06 1997"}) {
        CAPTURE(value);
        CHECK_FALSE(mime::parse_day(value));
    }
}

TEST_CASE("dates are written as RFC 5322 has them") {
    CHECK(mime::render_date_time({.unix_seconds = 880127706, .zone_minutes = -360}) ==
          "Fri, 21 Nov 1997 09:55:06 -0600");
    CHECK(mime::render_date_time({.unix_seconds = 1057049557, .zone_minutes = 120}) ==
          "Tue, 1 Jul 2003 10:52:37 +0200");
    CHECK(mime::render_date_time({.unix_seconds = -27723480, .zone_minutes = -210}) ==
          "Thu, 13 Feb 1969 23:32:00 -0330");
}

TEST_CASE("calendar arithmetic goes both ways") {
    for (std::int64_t day = -40000; day < 40000; day += 13) {
        const DateTime moment{.unix_seconds = day * 86400 + 86399, .zone_minutes = 0};
        const mime::CivilTime civil = mime::to_civil(moment);
        CHECK(mime::from_civil(civil, 0) == moment);
        CHECK(civil.day <= mime::days_in_month(civil.year, civil.month));
        CHECK(civil.weekday == ((day + 4) % 7 + 7) % 7);
    }
    CHECK(mime::days_in_month(1900, 2) == 28);
    CHECK(mime::days_in_month(2000, 2) == 29);
}
