// /query and /queryChanges. RFC 8620 §5.5, §5.6.
#include "web/jmap/wire/query.h"

#include <doctest/doctest.h>

#include "web/jmap/wire/method_error.h"

using jmap::Json;

namespace {

template <class Read>
std::string query_error(Read read) {
    try {
        read();
    } catch (const jmap::MethodError& error) {
        return error.type();
    }
    return "none";
}

// Conditions are {"is": "x"}: fulfilled by what contains x.
jmap::Filter<std::string> filter_of(const char* text, jmap::FilterLimits limits = {}) {
    return jmap::read_filter<std::string>(
        Json::parse(text),
        [](const Json& condition) {
            jmap::Arguments arguments(condition);
            std::string is = arguments.string("is");
            arguments.end();
            return is;
        },
        limits);
}

bool fits(const char* filter, std::string_view text) {
    return jmap::matches(filter_of(filter), [&](const std::string& is) { return text.contains(is); });
}

const std::vector<std::string> results = {"a", "b", "c", "d", "e"};

Json window(const char* given, std::size_t most = 100) {
    const Json object = Json::parse(given);
    jmap::Arguments arguments(object);
    return jmap::query_response("A1", "7", jmap::read_window(arguments, most), results);
}

}  // namespace

TEST_CASE("filters: operators in each other") {
    const char* both = R"({"operator":"AND","conditions":[{"is":"a"},{"is":"b"}]})";
    const char* either = R"({"operator":"OR","conditions":[{"is":"a"},{"is":"b"}]})";
    const char* neither = R"({"operator":"NOT","conditions":[{"is":"a"},{"is":"b"}]})";
    const char* nested = R"({"operator":"AND","conditions":[{"is":"a"},
                             {"operator":"NOT","conditions":[{"operator":"OR","conditions":[{"is":"b"},{"is":"c"}]}]}]})";
    for (const auto& [text, all, any, none, deep] :
         std::initializer_list<std::tuple<const char*, bool, bool, bool, bool>>{{"ab", true, true, false, false},
                                                                                {"a", false, true, false, true},
                                                                                {"b", false, true, false, false},
                                                                                {"x", false, false, true, false},
                                                                                {"ac", false, true, false, false}}) {
        CAPTURE(text);
        CHECK(fits(both, text) == all);
        CHECK(fits(either, text) == any);
        CHECK(fits(neither, text) == none);
        CHECK(fits(nested, text) == deep);
    }
    CHECK(fits(R"({"operator":"AND","conditions":[]})", "x"));
    CHECK(!fits(R"({"operator":"OR","conditions":[]})", "x"));
    CHECK(fits(R"({"operator":"NOT","conditions":[]})", "x"));
}

TEST_CASE("filters: what is invalid, and what is too large") {
    for (const char* filter : {"[]", R"({"operator":"XOR","conditions":[]})", R"({"operator":"AND"})",
                               R"({"operator":"AND","conditions":{}})", R"({"operator":"AND","conditions":[1]})",
                               R"({"operator":"AND","conditions":[],"is":"a"})", R"({"is":1})", R"({"was":"a"})"}) {
        CHECK_MESSAGE(query_error([&] { filter_of(filter); }) == "invalidArguments", filter);
    }
    const char* three = R"({"operator":"AND","conditions":[{"is":"a"},{"is":"b"}]})";
    CHECK(query_error([&] { filter_of(three, {.conditions = 3, .depth = 2}); }) == "none");
    CHECK(query_error([&] { filter_of(three, {.conditions = 2, .depth = 2}); }) == "unsupportedFilter");
    CHECK(query_error([&] { filter_of(three, {.conditions = 3, .depth = 1}); }) == "unsupportedFilter");
}

TEST_CASE("sort: comparators") {
    const auto sort = [](const char* given) {
        const Json object = Json::parse(given);
        jmap::Arguments arguments(object);
        return jmap::read_sort(arguments, [](const std::string& name) { return name == "name"; });
    };
    CHECK(sort(R"({"sort":null})").empty());
    const auto read =
        sort(R"({"sort":[{"property":"name","isAscending":false,"collation":"i;ascii-casemap","keyword":"k"},
                                       {"property":"name"}]})");
    REQUIRE(read.size() == 2);
    CHECK(!read[0].ascending);
    CHECK(read[0].rest == Json({{"keyword", "k"}}));
    CHECK(read[1].ascending);
    for (const auto& [given, type] : std::initializer_list<std::pair<const char*, const char*>>{
             {R"({"sort":{}})", "invalidArguments"},
             {R"({"sort":["name"]})", "invalidArguments"},
             {R"({"sort":[{}]})", "invalidArguments"},
             {R"({"sort":[{"property":"name","isAscending":1}]})", "invalidArguments"},
             {R"({"sort":[{"property":"name","collation":1}]})", "invalidArguments"},
             {R"({"sort":[{"property":"size"}]})", "unsupportedSort"},
             {R"({"sort":[{"property":"name","collation":"i;octet"}]})", "unsupportedSort"}}) {
        CHECK_MESSAGE(query_error([&] { sort(given); }) == type, given);
    }
}

TEST_CASE("query: positions, anchors and limits") {
    for (const auto& [given, position, ids] : std::initializer_list<std::tuple<const char*, int, Json>>{
             {"{}", 0, results},
             {R"({"position":2})", 2, {"c", "d", "e"}},
             {R"({"position":2,"limit":2})", 2, {"c", "d"}},
             {R"({"position":-2})", 3, {"d", "e"}},
             {R"({"position":-9})", 0, results},
             {R"({"position":5})", 5, Json::array()},
             {R"({"position":9})", 9, Json::array()},
             {R"({"limit":0})", 0, Json::array()},
             {R"({"anchor":"c"})", 2, {"c", "d", "e"}},
             {R"({"anchor":"c","position":4})", 2, {"c", "d", "e"}},
             {R"({"anchor":"c","anchorOffset":-1,"limit":2})", 1, {"b", "c"}},
             {R"({"anchor":"c","anchorOffset":-9,"limit":1})", 0, Json::array({"a"})},
             {R"({"anchor":"c","anchorOffset":9})", 11, Json::array()},
             {R"({"anchorOffset":3,"limit":1})", 0, Json::array({"a"})}}) {
        const Json response = window(given);
        CHECK_MESSAGE(response["position"] == position, given);
        CHECK_MESSAGE(response["ids"] == ids, given);
        CHECK(!response.contains("total"));
    }
    CHECK(window(R"({"calculateTotal":true,"limit":1})")["total"] == 5);
    CHECK(!window(R"({"limit":3})").contains("limit"));
    CHECK(window(R"({"limit":3})", 2)["limit"] == 2);
    CHECK(window("{}", 2)["limit"] == 2);
    CHECK(window("{}", 2)["ids"] == Json({"a", "b"}));
    CHECK(query_error([] { window(R"({"anchor":"x"})"); }) == "anchorNotFound");
    CHECK(query_error([] { window(R"({"limit":-1})"); }) == "invalidArguments");
}

TEST_CASE("queryChanges: a cached list becomes the present one") {
    const Json object = Json::parse(R"({"sinceQueryState":"5","maxChanges":4,"upToId":null,"calculateTotal":true})");
    jmap::Arguments read(object);
    const auto arguments = jmap::read_query_changes(read);
    // d has moved, or has come; x is gone.
    const Json response = jmap::query_changes_response("A1", arguments, "7", results, {"d", "x"});
    CHECK(response == Json::parse(R"({"accountId":"A1","oldQueryState":"5","newQueryState":"7","removed":["d","x"],
                                      "added":[{"id":"d","index":3}],"total":5})"));
    CHECK(query_error([&] { jmap::query_changes_response("A1", arguments, "7", results, {"c", "d", "x"}); }) ==
          "tooManyChanges");
}
