// Times of RFC 3339: its examples (§5.8), and what is none.
#include "protocols/base/timestamp.h"

#include <doctest/doctest.h>

using namespace base;

TEST_CASE("a time as RFC 3339 writes it") {
    const struct {
        const char* text;
        std::optional<std::int64_t> time;
    } rows[] = {{"1970-01-01T00:00:00Z", 0},
                {"1985-04-12T23:20:50.52Z", 482'196'050},
                {"1996-12-19T16:39:57-08:00", 851'042'397},
                {"1990-12-31T23:59:60Z", 662'688'000},
                {"2025-01-02t04:00:00z", 1'735'790'400},
                {"2025-02-29T04:00:00Z", std::nullopt},
                {"2025-01-02T24:00:00Z", std::nullopt},
                {"2025-01-02 04:00:00Z", std::nullopt},
                {"2025-01-02T04:00:00", std::nullopt},
                {"2025-01-02T04:00:00.Z", std::nullopt},
                {"2025-01-02T04:00:00+1:00", std::nullopt},
                {"2025-01-02T04:00:00+25:00", std::nullopt},
                {"", std::nullopt}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_timestamp(row.text) == row.time);
    }
    const std::string whole = "1996-12-19T16:39:57-08:00";
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(parse_timestamp(whole.substr(0, size)));
}

TEST_CASE("a time is written in UTC") {
    CHECK(format_timestamp(0) == "1970-01-01T00:00:00Z");
    CHECK(format_timestamp(482'196'050) == "1985-04-12T23:20:50Z");
    CHECK(parse_timestamp(format_timestamp(1'796'000'000)) == 1'796'000'000);
}
