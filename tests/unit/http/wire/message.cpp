// Look-ups in a message's fields. RFC 9110 §5.3, §5.6.1.
#include "protocols/http/wire/message.h"

#include <doctest/doctest.h>

namespace wire = http::wire;

namespace {

const wire::Fields some_fields = {
    {.name = "accept", .value = "text/html"},
    {.name = "host", .value = "mail.example.org"},
    {.name = "accept", .value = "text/plain, image/png"},
    {.name = "x-empty", .value = ""},
};

using Elements = std::vector<std::string_view>;

}  // namespace

TEST_CASE("a field by its name: the first, all, all as one") {
    CHECK(wire::first_value(some_fields, "accept") == "text/html");
    CHECK(wire::first_value(some_fields, "x-empty") == "");
    CHECK(wire::first_value(some_fields, "Accept") == std::nullopt);  // names are asked for in lower case
    CHECK(wire::all_values(some_fields, "accept") == Elements{"text/html", "text/plain, image/png"});
    CHECK(wire::all_values(some_fields, "cookie").empty());
    CHECK(wire::joined_value(some_fields, "accept") == "text/html, text/plain, image/png");
    CHECK(wire::joined_value(some_fields, "x-empty") == "");
    CHECK(wire::joined_value(some_fields, "cookie") == std::nullopt);
    CHECK(wire::list_elements(some_fields, "accept") == Elements{"text/html", "text/plain", "image/png"});
    CHECK(wire::has_token(some_fields, "accept", "Image/PNG"));
    CHECK_FALSE(wire::has_token(some_fields, "accept", "image"));
}

TEST_CASE("elements of a list (RFC 9110 §5.6.1)") {
    struct Row {
        std::string_view value;
        Elements expected;
    };
    const Row rows[] = {
        {"", {}},
        {"foo ,bar,", {"foo", "bar"}},
        {"foo , ,bar,charlie", {"foo", "bar", "charlie"}},
        {",", {}},
        {",   ,", {}},
        {R"("a,b", c)", {R"("a,b")", "c"}},
        {R"("a\",b", c)", {R"("a\",b")", "c"}},
        {R"(W/"a", "b\\",c)", {R"(W/"a")", R"("b\\")", "c"}},
        {R"(open "a, b)", {R"(open "a, b)"}},
        {R"(out\",side)", {R"(out\",side)"}},
        {R"(ends in "\)", {R"(ends in "\)"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(wire::list_elements(row.value) == row.expected);
    }
}

TEST_CASE("path and query") {
    CHECK(wire::path_of("/a/b?c=d?e") == "/a/b");
    CHECK(wire::query_of("/a/b?c=d?e") == "c=d?e");
    CHECK(wire::path_of("/a") == "/a");
    CHECK(wire::query_of("/a") == "");
    CHECK(wire::path_of("*") == "*");
}
