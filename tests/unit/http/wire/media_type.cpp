// Media types and their parameters. RFC 9110 §5.6.4, §5.6.6, §8.3.1.
#include "protocols/http/wire/media_type.h"

#include <doctest/doctest.h>

#include <string>

namespace wire = http::wire;

namespace {

std::string parsed(std::string_view text) {
    const std::optional<wire::MediaType> type = wire::parse_media_type(text);
    if (!type) return "none";
    std::string out = type->type + "/" + type->subtype;
    for (const wire::Parameter& parameter : type->parameters)
        out += " " + parameter.name + "=<" + parameter.value + ">";
    return out;
}

}  // namespace

TEST_CASE("media types") {
    struct Row {
        const char* text;
        const char* expected;
    };
    const Row rows[] = {
        {"text/html;charset=utf-8", "text/html charset=<utf-8>"},
        {"Text/HTML;Charset=\"utf-8\"", "text/html charset=<utf-8>"},
        {"text/html; charset=\"utf-8\"", "text/html charset=<utf-8>"},
        {"application/json", "application/json"},
        {"application/json ;\ta=b ; ; c=\"d;\\\"e\\\\\" ;", R"(application/json a=<b> c=<d;"e\>)"},
        {"image/svg+xml", "image/svg+xml"},
        {"a/b;c=\"\"", "a/b c=<>"},
        {"*/*", "*/*"},
        {"", "none"},
        {"text", "none"},
        {"text/", "none"},
        {"/html", "none"},
        {"text /html", "none"},
        {"text/html/x", "none"},
        {"text/html charset=utf-8", "none"},
        {"text/html, text/plain", "none"},
        {"a/b;c", "none"},
        {"a/b;c=", "none"},
        {"a/b;=d", "none"},
        {"a/b;c =d", "none"},
        {"a/b;c= d", "none"},
        {"a/b;c=\"d", "none"},
        {"a/b;c=\"d\\", "none"},
        {"a/b;c=\"d\\\"", "none"},
        {"a/b;c=\"d\"e", "none"},
        {"a/b;c=\"d\r\ne\"", "none"},
        {"a/b;c=\"\\\x01\"", "none"},
        {"a/b;c=d e", "none"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parsed(row.text) == row.expected);
    }
    CHECK(parsed(std::string_view("a/b;c=\"d\\\"").substr(0, 9)) == "none");  // ends after the backslash
}

TEST_CASE("a type by its name, whatever its parameters") {
    const wire::MediaType type = wire::parse_media_type("Application/JSON; charset=UTF-8; charset=x").value();
    CHECK(type.is("application/json"));
    CHECK_FALSE(type.is("application/jso"));
    CHECK(type.parameter("charset") == "UTF-8");
    CHECK(type.parameter("x") == std::nullopt);
}
