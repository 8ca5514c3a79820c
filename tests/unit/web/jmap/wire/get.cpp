// /get. RFC 8620 §5.1.
#include "web/jmap/wire/get.h"

#include <doctest/doctest.h>

#include "web/jmap/wire/method_error.h"

using jmap::Json;

namespace {

jmap::GetArguments get(const char* given, std::size_t most = 3) {
    const Json object = Json::parse(given);
    jmap::Arguments arguments(object);
    return jmap::read_get(arguments, most, [](std::string_view name) { return name == "id" || name == "name"; });
}

std::string get_error(const char* given) {
    try {
        get(given);
    } catch (const jmap::MethodError& error) {
        return error.type();
    }
    return "none";
}

}  // namespace

TEST_CASE("get: ids, each once, and properties") {
    CHECK(!get("{}").ids);
    CHECK(!get(R"({"ids":null,"properties":null})").properties);
    CHECK(get(R"({"ids":["b","a","b"]})").ids == std::vector<std::string>{"b", "a"});
    CHECK(get(R"({"properties":[]})").asks("id"));
    CHECK(!get(R"({"properties":[]})").asks("name"));
    CHECK(get("{}").asks("name"));
    CHECK(get_error(R"({"ids":["1","2","3"]})") == "none");
    CHECK(get_error(R"({"ids":["1","2","3","4"]})") == "requestTooLarge");
    CHECK(get_error(R"({"properties":["nothing"]})") == "invalidArguments");
    CHECK(get_error(R"({"ids":"a"})") == "invalidArguments");
}

TEST_CASE("get: the id is always there, other properties if they are asked for") {
    const Json record = {{"id", "a"}, {"name", "n"}};
    CHECK(jmap::with_properties(record, get("{}")) == record);
    CHECK(jmap::with_properties(record, get(R"({"properties":[]})")) == Json({{"id", "a"}}));
    CHECK(jmap::with_properties(record, get(R"({"properties":["name","name"]})")) == record);
    CHECK(jmap::get_response("A1", "5", Json::array({record}), {"b"}) ==
          Json::parse(R"({"accountId":"A1","state":"5","list":[{"id":"a","name":"n"}],"notFound":["b"]})"));
    CHECK(jmap::get_response("A1", "5", Json::array(), {})["notFound"] == Json::array());
}
