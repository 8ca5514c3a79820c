// Arguments by name and type. RFC 8620 §3.6.2.
#include "web/jmap/wire/arguments.h"

#include <doctest/doctest.h>

#include "web/jmap/wire/method_error.h"

using jmap::Arguments;
using jmap::Json;

namespace {

// The type of the error with which this ends.
template <class Read>
std::string error_reading(const char* given, Read read) {
    const Json object = Json::parse(given);
    Arguments arguments(object);
    try {
        read(arguments);
        arguments.end();
    } catch (const jmap::MethodError& error) {
        return error.type();
    }
    return "none";
}

}  // namespace

TEST_CASE("arguments: as given, or their defaults") {
    const Json object =
        Json::parse(R"({"id":"a1","n":null,"u":7,"i":-7,"b":true,"ids":["x","#k"],"s":["a b"],"o":{},"l":[]})");
    Arguments arguments(object);
    CHECK(arguments.id("id") == "a1");
    CHECK(arguments.id_or_null("n") == std::nullopt);
    CHECK(arguments.id_or_null("missing") == std::nullopt);
    CHECK(arguments.unsigned_or_null("u") == 7);
    CHECK(arguments.integer("i", 0) == -7);
    CHECK(arguments.integer("missing", 5) == 5);
    CHECK(arguments.boolean("b", false));
    CHECK(arguments.boolean("missing", true));
    CHECK(arguments.ids_or_null("ids") == std::vector<std::string>{"x", "#k"});
    CHECK(arguments.strings_or_null("s") == std::vector<std::string>{"a b"});
    CHECK(arguments.object("o") == Json::object());
    CHECK(arguments.array_or_null("l") != nullptr);
    CHECK(arguments.array_or_null("missing") == nullptr);
    arguments.end();
}

TEST_CASE("arguments: of another type, missing, or unknown") {
    const auto is_invalid = [](const char* given, auto read) {
        return error_reading(given, read) == "invalidArguments";
    };
    CHECK(is_invalid("{}", [](Arguments& a) { a.id("x"); }));
    CHECK(is_invalid(R"({"x":null})", [](Arguments& a) { a.string("x"); }));
    CHECK(is_invalid(R"({"x":1})", [](Arguments& a) { a.string("x"); }));
    CHECK(is_invalid(R"({"x":"a b"})", [](Arguments& a) { a.id("x"); }));
    CHECK(is_invalid(R"({"x":-1})", [](Arguments& a) { a.unsigned_or_null("x"); }));
    CHECK(is_invalid(R"({"x":null})", [](Arguments& a) { a.integer("x", 0); }));
    CHECK(is_invalid(R"({"x":"true"})", [](Arguments& a) { a.boolean("x", true); }));
    CHECK(is_invalid(R"({"x":null})", [](Arguments& a) { a.boolean("x", true); }));
    CHECK(is_invalid(R"({"x":"a"})", [](Arguments& a) { a.ids_or_null("x"); }));
    CHECK(is_invalid(R"({"x":["a","b c"]})", [](Arguments& a) { a.ids_or_null("x"); }));
    CHECK(is_invalid(R"({"x":["#"]})", [](Arguments& a) { a.ids_or_null("x"); }));
    CHECK(is_invalid(R"({"x":[1]})", [](Arguments& a) { a.strings_or_null("x"); }));
    CHECK(is_invalid(R"({"x":[]})", [](Arguments& a) { a.object_or_null("x"); }));
    CHECK(is_invalid(R"({"x":{}})", [](Arguments& a) { a.array_or_null("x"); }));
    CHECK(is_invalid("{}", [](Arguments& a) { a.object("x"); }));
    CHECK(is_invalid(R"({"x":1,"y":2})", [](Arguments& a) { a.integer("x", 0); }));
}
