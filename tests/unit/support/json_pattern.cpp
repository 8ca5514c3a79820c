#include "tests/support/json_pattern.h"

#include <doctest/doctest.h>

using nlohmann::json;

namespace {

bool fits(const char* pattern, const char* value, support::JsonNames names = {}) {
    return support::matches_json(json::parse(pattern), json::parse(value), names);
}

}  // namespace

TEST_CASE("JSON patterns: values, names, and what may be more") {
    CHECK(fits(R"({"a":[1,null],"b":"x"})", R"({"b":"x","a":[1,null]})"));
    CHECK(!fits(R"({"a":1})", R"({"a":1,"b":2})"));
    CHECK(!fits(R"({"a":1,"b":2})", R"({"a":1})"));
    CHECK(fits(R"({"a":1,"...":0})", R"({"a":1,"b":2})"));
    CHECK(!fits(R"({"c":1,"...":0})", R"({"a":1})"));
    CHECK(!fits("[1,2]", "[2,1]"));
    CHECK(!fits("[1,2]", "[1,2,3]"));
    CHECK(fits(R"(["...",2,1])", "[1,3,2]"));
    CHECK(!fits(R"(["...",4])", "[1,3,2]"));
    CHECK(fits(R"(["<text>","<text>"])", R"([1,{}])"));
    CHECK(fits(R"(["<a>","<a>","<b>"])", R"([1,1,"x"])"));
    CHECK(!fits(R"(["<a>","<a>"])", "[1,2]"));
    CHECK(fits(R"({"<id>":"#<id>"})", R"({"F1":"#F1"})", {{"id", "F1"}}));
    CHECK(!fits(R"({"<id>":true})", R"({"F2":true})", {{"id", "F1"}}));
    // What one element of an array does not fit is not remembered.
    CHECK(fits(R"(["...",{"id":"<i>","n":2}])", R"([{"id":"a","n":1},{"id":"b","n":2}])"));
}

TEST_CASE("JSON patterns: what is known is put in") {
    const support::JsonNames names = {{"id", "F1"}, {"n", 7}};
    CHECK(support::with_names(json::parse(R"({"<id>":["<n>","#<id>","<other>"]})"), names) ==
          json::parse(R"({"F1":[7,"#F1","<other>"]})"));
}
