// PatchObjects. RFC 8620 §5.3.
#include "web/jmap/wire/patch.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using nlohmann::json;

namespace {

const char* const whole = R"({"name":"Inbox","sort":3,"ids":{"a":true,"b":true},"list":[{"x":1}],"a/b":{"c":1}})";

std::optional<json> patched(const char* patch) {
    json value = json::parse(whole);
    if (!jmap::apply_patch(value, json::parse(patch), {{"sort", 0}})) return std::nullopt;
    return value;
}

}  // namespace

TEST_CASE("patch: sets, adds and removes") {
    for (const auto& [patch, pointer, value] : std::initializer_list<std::tuple<const char*, const char*, json>>{
             {R"({"name":"Other"})", "/name", "Other"},
             {R"({"new":[1]})", "/new", {1}},
             {R"({"ids/a":null})", "/ids", {{"b", true}}},
             {R"({"ids/c":true,"ids/a":null})", "/ids", {{"b", true}, {"c", true}}},
             {R"({"ids/z":null})", "/ids", {{"a", true}, {"b", true}}},
             {R"({"a~1b/c":2})", "/a~1b/c", 2},
             {R"({"list":[]})", "/list", json::array()},
             {R"({"sort":null})", "/sort", 0}}) {
        const std::optional<json> result = patched(patch);
        REQUIRE_MESSAGE(result, patch);
        CHECK_MESSAGE((*result)[json::json_pointer(pointer)] == value, patch);
    }
    CHECK(!patched(R"({"name":null})")->contains("name"));
    // A whole object is a patch, too.
    CHECK(patched(R"({"name":"a","sort":1,"ids":{"c":true},"list":[]})"));
}

TEST_CASE("patch: what is invalid") {
    for (const char* patch :
         {R"({"list/0":{}})", R"({"list/0/x":2})", R"({"list/-":2})",        // inside an array
          R"({"none/a":1})", R"({"name/a":1})", R"({"ids/a/b":1})",          // what is before the last must exist
          R"({"ids":{},"ids/a":true})", R"({"ids/a":true,"x":1,"ids":{}})",  // one the prefix of another
          R"({"ids/a":true,"ids/a/b":true})", R"({"a~2b":1})", "[]"}) {
        CHECK_MESSAGE(!patched(patch), patch);
    }
    // "name" is no prefix of "names", as a pointer.
    CHECK(patched(R"({"name":"a","names":"b"})"));
}
