// Ids, numbers and dates. RFC 8620 §1.2 to §1.4.
#include "web/jmap/wire/types.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using nlohmann::json;

TEST_CASE("types: an Id") {
    CHECK(jmap::is_id("Aa0-_"));
    CHECK(jmap::is_id(std::string(255, 'a')));
    for (const std::string& text : {std::string(), std::string(256, 'a'), std::string("a="), std::string("a b"),
                                    std::string("é"), std::string("#a")}) {
        CHECK_MESSAGE(!jmap::is_id(text), text);
    }
}

TEST_CASE("types: Int and UnsignedInt have 53 bits") {
    CHECK(jmap::int_of(json(-5)) == -5);
    CHECK(jmap::int_of(json(9007199254740991)) == 9007199254740991);
    CHECK(jmap::int_of(json(-9007199254740991)) == -9007199254740991);
    CHECK(jmap::int_of(json(3.0)) == 3);
    CHECK(!jmap::int_of(json(9007199254740992)));
    CHECK(!jmap::int_of(json(-9007199254740992)));
    CHECK(!jmap::int_of(json(18446744073709551615u)));
    CHECK(!jmap::int_of(json(3.5)));
    CHECK(!jmap::int_of(json(1e300)));
    CHECK(!jmap::int_of(json("3")));
    CHECK(!jmap::int_of(json(true)));
    CHECK(jmap::unsigned_int_of(json(0)) == 0);
    CHECK(!jmap::unsigned_int_of(json(-1)));
}

TEST_CASE("types: a UTCDate") {
    CHECK(jmap::utc_date(1414649520) == "2014-10-30T06:12:00Z");
    CHECK(jmap::parse_utc_date("2014-10-30T06:12:00Z") == 1414649520);
    CHECK(!jmap::parse_utc_date("2014-10-30T14:12:00+08:00"));
    CHECK(!jmap::parse_utc_date("2014-10-30t06:12:00Z"));
    CHECK(!jmap::parse_utc_date("2014-10-30"));
}
