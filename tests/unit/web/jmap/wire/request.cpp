// The Request object and the problems of whole requests. RFC 8620 §3.3, §3.6.1.
#include "web/jmap/wire/request.h"

#include <doctest/doctest.h>

using jmap::Json;

namespace {

constexpr std::string_view urn = "urn:ietf:params:jmap:error:";

std::expected<jmap::Request, jmap::Problem> parse(std::string_view text, const jmap::RequestLimits& limits = {}) {
    return jmap::parse_request(text, limits, [](const std::string& uri) {
        return uri == "urn:ietf:params:jmap:core" || uri == "urn:ietf:params:jmap:mail";
    });
}

std::string problem_of(std::string_view text, const jmap::RequestLimits& limits = {}) {
    const auto request = parse(text, limits);
    if (request) return "none";
    REQUIRE(request.error().type.starts_with(urn));
    return request.error().type.substr(urn.size()) + " " + request.error().limit;
}

}  // namespace

TEST_CASE("request: the RFC's example (RFC 8620 §3.3.1)") {
    const auto request = parse(R"({
      "using": [ "urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail" ],
      "methodCalls": [
        [ "method1", { "arg1": "arg1data", "arg2": "arg2data" }, "c1" ],
        [ "method2", { "arg1": "arg1data" }, "c2" ],
        [ "method3", {}, "c3" ]
      ]
    })");
    REQUIRE(request);
    CHECK(request->capabilities.size() == 2);
    REQUIRE(request->calls.size() == 3);
    CHECK(request->calls[0].name == "method1");
    CHECK(request->calls[0].arguments == Json({{"arg1", "arg1data"}, {"arg2", "arg2data"}}));
    CHECK(request->calls[2].id == "c3");
    CHECK(!request->created_ids);
}

TEST_CASE("request: ids that were created by requests before") {
    const auto request = parse(R"({"using":[],"methodCalls":[],"createdIds":{"k1":"M1"},"more":1})");
    REQUIRE(request);
    CHECK(request->created_ids == std::map<std::string, std::string>{{"k1", "M1"}});
}

TEST_CASE("request: each problem of a request as a whole") {
    for (const auto& [text, problem] : std::initializer_list<std::pair<const char*, const char*>>{
             {"", "notJSON "},
             {"{", "notJSON "},
             {R"({"using":[],"using":[],"methodCalls":[]})", "notJSON "},
             {"[]", "notRequest "},
             {"{}", "notRequest "},
             {R"({"using":"x","methodCalls":[]})", "notRequest "},
             {R"({"using":[1],"methodCalls":[]})", "notRequest "},
             {R"({"using":[]})", "notRequest "},
             {R"({"using":[],"methodCalls":{}})", "notRequest "},
             {R"({"using":[],"methodCalls":["Core/echo"]})", "notRequest "},
             {R"({"using":[],"methodCalls":[["Core/echo",{}]]})", "notRequest "},
             {R"({"using":[],"methodCalls":[["Core/echo",[],"c"]]})", "notRequest "},
             {R"({"using":[],"methodCalls":[["Core/echo",{},1]]})", "notRequest "},
             {R"({"using":[],"methodCalls":[["Core/echo",{},"c",1]]})", "notRequest "},
             {R"({"using":[],"methodCalls":[[1,{},"c"]]})", "notRequest "},
             {R"({"using":[],"methodCalls":[],"createdIds":[]})", "notRequest "},
             {R"({"using":[],"methodCalls":[],"createdIds":{"k":1}})", "notRequest "},
             {R"({"using":[],"methodCalls":[],"createdIds":{"k":"a b"}})", "notRequest "},
             {R"({"using":["https://example.com/apis/foobar"],"methodCalls":[]})", "unknownCapability "},
         }) {
        CHECK_MESSAGE(problem_of(text) == problem, text);
    }
}

TEST_CASE("request: limits") {
    const std::string two = R"({"using":[],"methodCalls":[["a",{},"1"],["b",{},"2"]]})";
    CHECK(problem_of(two, {.size_request = two.size()}) == "none");
    CHECK(problem_of(two, {.size_request = two.size() - 1}) == "limit maxSizeRequest");
    CHECK(problem_of(two, {.calls_in_request = 2}) == "none");
    CHECK(problem_of(two, {.calls_in_request = 1}) == "limit maxCallsInRequest");
    CHECK(problem_of(two, {.json = {.values = 5}}) == "limit maxSizeRequest");
}

TEST_CASE("request: a problem as the RFC shows it") {
    CHECK(Json::parse(jmap::to_text(jmap::limit_reached("maxSizeRequest", "Too large."))) ==
          Json({{"type", "urn:ietf:params:jmap:error:limit"},
                {"limit", "maxSizeRequest"},
                {"status", 400},
                {"detail", "Too large."}}));
    CHECK(!Json::parse(jmap::to_text(jmap::not_json())).contains("limit"));
}

TEST_CASE("request: the media type") {
    CHECK(jmap::is_json_type("application/json"));
    CHECK(jmap::is_json_type("Application/JSON; charset=utf-8"));
    for (const char* type : {"", "text/plain", "application/jsonx", "application/x-www-form-urlencoded"}) {
        CHECK_MESSAGE(!jmap::is_json_type(type), type);
    }
}
