// JSON Pointers. RFC 6901 §5, RFC 8620 §3.7.
#include "web/jmap/wire/pointer.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using nlohmann::json;

namespace {

std::optional<json> at(const json& root, std::string_view pointer, std::size_t most = 1'000) {
    const auto tokens = jmap::parse_pointer(pointer);
    if (!tokens) return std::nullopt;
    return jmap::evaluate_pointer(root, *tokens, most);
}

}  // namespace

TEST_CASE("pointer: the examples of RFC 6901 §5") {
    const json root = json::parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6,
                                      " ":7,"m~n":8})");
    for (const auto& [pointer, value] : std::initializer_list<std::pair<const char*, json>>{{"", root},
                                                                                            {"/foo", {"bar", "baz"}},
                                                                                            {"/foo/0", "bar"},
                                                                                            {"/", 0},
                                                                                            {"/a~1b", 1},
                                                                                            {"/c%d", 2},
                                                                                            {"/e^f", 3},
                                                                                            {"/g|h", 4},
                                                                                            {"/i\\j", 5},
                                                                                            {"/k\"l", 6},
                                                                                            {"/ ", 7},
                                                                                            {"/m~0n", 8}}) {
        CHECK_MESSAGE(at(root, pointer) == value, pointer);
    }
    for (const char* pointer : {"foo", "/nothing", "/foo/2", "/foo/00", "/foo/-", "/foo/-1", "/foo/x", "/m~n", "/m~2",
                                "/m~", "/a~1b/x", "/foo/0/x"}) {
        CHECK_MESSAGE(!at(root, pointer), pointer);
    }
}

TEST_CASE("pointer: \"*\" maps through an array and flattens (RFC 8620 §3.7)") {
    const json root = json::parse(R"({"list":[{"id":"a","ids":["1","2"]},{"id":"b","ids":["3"]},{"id":"c","ids":[]}],
                                      "nested":[[[1],[2]],[[3]]],"object":{"*":7}})");
    CHECK(at(root, "/list/*/id") == json({"a", "b", "c"}));
    CHECK(at(root, "/list/*/ids") == json({"1", "2", "3"}));
    CHECK(at(root, "/list/*/ids/*") == json({"1", "2", "3"}));
    CHECK(at(root, "/nested/*") == json::parse("[[1],[2],[3]]"));
    CHECK(at(root, "/nested/*/*") == json::parse("[1,2,3]"));
    CHECK(at(root, "/object/*") == 7);
    CHECK(!at(root, "/list/*/missing"));
    CHECK(!at(root, "/list/**/id"));
}

TEST_CASE("pointer: what is copied is bounded") {
    const json root = json::parse(R"({"list":["aaaaaaaaaa","bbbbbbbbbb"]})");
    CHECK(at(root, "/list/*", 28));
    CHECK(!at(root, "/list/*", 27));
    std::size_t most = 20;
    CHECK(jmap::evaluate_pointer(root, {"list", "0"}, most));
    CHECK(most == 6);
    CHECK(!jmap::evaluate_pointer(root, {"list", "0"}, most));
    CHECK(most == 0);
}
