// I-JSON as JMAP takes it. RFC 7493 §2, RFC 8620 §1.5.
#include "web/jmap/wire/i_json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using jmap::Json;
using jmap::JsonFault;

namespace {

bool is_refused(std::string_view text) {
    const auto json = jmap::parse_i_json(text, {});
    return !json && json.error() == JsonFault::malformed;
}

}  // namespace

TEST_CASE("json: values are read and written back") {
    for (const std::string text : {R"({"a":[1,-2,3.5,true,false,null,"é"],"b":{}})", "[]", "\"\"", "17"}) {
        const auto json = jmap::parse_i_json(text, {});
        REQUIRE_MESSAGE(json, text);
        CHECK(jmap::to_text(*json) == text);
    }
    CHECK(jmap::to_text(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
}

TEST_CASE("json: what is no I-JSON is refused") {
    for (const char* text : {
             "",
             "{",
             "[1,]",
             "{\"a\":1} x",
             "{'a':1}",
             "[01]",
             "nul",
             R"({"a":1,"a":2})",             // a name twice (RFC 7493 §2.3)
             R"({"b":{"a":1,"\u0061":2}})",  // the same in other letters
             "[\"\xff\"]",
             "[\"\xed\xa0\x80\"]",
             R"(["\ud800"])",  // no UTF-8, surrogates (RFC 7493 §2.1)
             "[\"\xef\xbf\xbe\"]",
             R"(["\ufdd0"])",
             R"(["\ud83f\udfff"])",
             R"({"\uffff":1})",  // noncharacters
             "[1e999]",
             "[\"\x01\"]",
         }) {
        CHECK_MESSAGE(is_refused(text), text);
    }
    CHECK(!is_refused(R"([{"a":1},{"a":2}])"));
    CHECK(!is_refused(R"({"a":{"a":1}})"));
    CHECK(!is_refused("[\"\xef\xbf\xbd \xef\xb7\x8f \xf0\x9f\x98\x80\"]"));
}

TEST_CASE("json: more values or deeper ones than the limits are refused as too large") {
    const jmap::JsonLimits limits{.values = 4, .depth = 3};
    CHECK(jmap::parse_i_json("[1,2,3]", limits));
    CHECK(jmap::parse_i_json("[[[]]]", limits));
    CHECK(jmap::parse_i_json("[1,2,3,4]", limits).error() == JsonFault::too_large);
    CHECK(jmap::parse_i_json("[[[{}]]]", limits).error() == JsonFault::too_large);
    CHECK(jmap::parse_i_json(std::string(200'000, '['), {}).error() == JsonFault::too_large);
}

TEST_CASE("json: what a value is made of") {
    CHECK(jmap::octets_of(Json("12345678")) == 12);
    CHECK(jmap::octets_of(Json({{"name", 1}, {"list", {1, 2}}})) > 20);
    CHECK(jmap::octets_of(Json::array()) > 0);
}
