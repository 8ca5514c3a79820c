// HTTP's dates, in their three forms. RFC 9110 §5.6.7.
#include "protocols/http/wire/http_date.h"

#include <doctest/doctest.h>

#include "protocols/base/expects.h"

namespace wire = http::wire;

namespace {

constexpr std::int64_t in_2026 = 1'780'000'000;
constexpr std::int64_t example = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

}  // namespace

TEST_CASE("dates that are read") {
    struct Row {
        const char* text;
        std::int64_t expected;
    };
    const Row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", example},
        {"Sunday, 06-Nov-94 08:49:37 GMT", example},
        {"Sun Nov  6 08:49:37 1994", example},
        {"Sun Nov 06 08:49:37 1994", example},
        {"Mon, 06 Nov 1994 08:49:37 GMT", example},  // the wrong day of the week
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Thu, 29 Feb 2024 23:59:60 GMT", 1'709'251'200},
        {"Sat Nov 16 08:49:37 2024", 1'731'746'977},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253'402'300'799},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(wire::parse_http_date(row.text, in_2026) == row.expected);
    }
}

TEST_CASE("the century of two digits: at most 50 years ahead") {
    CHECK(wire::parse_http_date("Sunday, 01-Jan-76 00:00:00 GMT", in_2026) == 3'345'062'400);  // 2076
    CHECK(wire::parse_http_date("Sunday, 01-Jan-77 00:00:00 GMT", in_2026) == 220'924'800);    // 1977
    constexpr std::int64_t in_2090 = 3'800'000'000;
    CHECK(wire::parse_http_date("Sunday, 01-Jan-05 00:00:00 GMT", in_2090) == 4'260'211'200);  // 2105
    CHECK(wire::parse_http_date("Sunday, 01-Jan-40 00:00:00 GMT", in_2090) == 2'208'988'800);  // 2040
}

TEST_CASE("what is no date") {
    for (const char* text : {
             "",
             "0",
             "Sun",
             "Sun, 06 Nov 1994 08:49:37",
             "Sun, 06 Nov 1994 08:49:37 UTC",
             "Sun, 06 Nov 1994 08:49:37 GMT ",
             "Sun, 06 Nov 1994 08:49:37 GMTx",
             " Sun, 06 Nov 1994 08:49:37 GMT",
             "Sun, 6 Nov 1994 08:49:37 GMT",
             "Sun, 06 nov 1994 08:49:37 GMT",
             "sun, 06 Nov 1994 08:49:37 GMT",
             "Sun,06 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 94 08:49:37 GMT",
             "Sun, 00 Nov 1994 08:49:37 GMT",
             "Sun, 31 Nov 1994 08:49:37 GMT",
             "Wed, 29 Feb 2023 00:00:00 GMT",
             "Sun, 06 Nov 1994 24:49:37 GMT",
             "Sun, 06 Nov 1994 08:60:37 GMT",
             "Sun, 06 Nov 1994 08:49:61 GMT",
             "Sun, +6 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 1994 8:49:37 GMT",
             "Sun, 06-Nov-94 08:49:37 GMT",
             "Sunday, 06 Nov 1994 08:49:37 GMT",
             "Sunday, 06-Nov-1994 08:49:37 GMT",
             "Sun Nov 6 08:49:37 1994",
             "Sun Nov  6 08:49:37 1994 GMT",
             "Sun Nov  6 08:49:37 199",
             "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
         }) {
        CAPTURE(text);
        CHECK(wire::parse_http_date(text, in_2026) == std::nullopt);
    }
}

TEST_CASE("dates that are written") {
    CHECK(wire::format_http_date(example) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(wire::format_http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(wire::format_http_date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(wire::format_http_date(253'402'300'799) == "Fri, 31 Dec 9999 23:59:59 GMT");
    CHECK_THROWS_AS(wire::format_http_date(253'402'300'800), base::BrokenExpectation);
    for (std::int64_t at = -86'400'000; at < in_2026 * 2; at += 3'209'145) {
        const std::string text = wire::format_http_date(at);
        CAPTURE(text);
        CHECK(wire::parse_http_date(text, in_2026) == at);
    }
}
