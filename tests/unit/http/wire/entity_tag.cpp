// Entity tags. RFC 9110 §8.8.3.
#include "protocols/http/wire/entity_tag.h"

#include <doctest/doctest.h>

#include <string>

#include "protocols/base/expects.h"

namespace wire = http::wire;

namespace {

std::string described(const std::optional<std::vector<wire::EntityTag>>& tags) {
    if (!tags) return "none";
    std::string text;
    for (const wire::EntityTag& tag : *tags) text += (tag.weak ? "w(" : "s(") + tag.opaque + ")";
    return text;
}

}  // namespace

TEST_CASE("one tag, and nothing else") {
    using Tag = wire::EntityTag;
    CHECK(wire::parse_entity_tag("\"xyzzy\"") == Tag{"xyzzy", false});
    CHECK(wire::parse_entity_tag("W/\"xyzzy\"") == Tag{"xyzzy", true});
    CHECK(wire::parse_entity_tag("\"\"") == Tag{"", false});
    CHECK(wire::parse_entity_tag("\"a,b\\\"") == Tag{"a,b\\", false});
    CHECK(wire::parse_entity_tag("\"\xE4\"") == Tag{"\xE4", false});
    for (const char* text : {"", "x", "\"", "\"x", "x\"", "w/\"x\"", "W/", "W/x", "\"a b\"", "\"a\tb\"", "\"x\"y",
                             "\"x\" ", " \"x\"", "\"x\", \"y\"", "\"\x7F\"", "*"}) {
        CAPTURE(text);
        CHECK(wire::parse_entity_tag(text) == std::nullopt);
    }
}

TEST_CASE("lists of tags") {
    struct Row {
        const char* text;
        const char* expected;
    };
    const Row rows[] = {
        {"\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\"", "s(xyzzy)s(r2d2xxxx)s(c3piozzzz)"},
        {"W/\"a\",\t\"b\",,W/\"c\",", "w(a)s(b)w(c)"},
        {"\"a\\\",\"b\"", "s(a\\)s(b)"},
        {"\"a,b\"", "s(a,b)"},
        {"", ""},
        {"\"a\" \"b\"", "none"},
        {"\"a\"\"b\"", "none"},
        {"\"a\", b", "none"},
        {"\"a\", *", "none"},
        {"\"a", "none"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(described(wire::parse_entity_tags(row.text)) == row.expected);
    }
}

TEST_CASE("comparison: RFC 9110 §8.8.3.2, table 3") {
    const wire::EntityTag weak_1{"1", true};
    const wire::EntityTag weak_2{"2", true};
    const wire::EntityTag strong_1{"1", false};
    CHECK_FALSE(wire::matches_strongly(weak_1, weak_1));
    CHECK(wire::matches_weakly(weak_1, weak_1));
    CHECK_FALSE(wire::matches_strongly(weak_1, weak_2));
    CHECK_FALSE(wire::matches_weakly(weak_1, weak_2));
    CHECK_FALSE(wire::matches_strongly(weak_1, strong_1));
    CHECK_FALSE(wire::matches_strongly(strong_1, weak_1));
    CHECK(wire::matches_weakly(weak_1, strong_1));
    CHECK(wire::matches_strongly(strong_1, strong_1));
    CHECK_FALSE(wire::matches_strongly(strong_1, {"2", false}));
}

TEST_CASE("tags that are written") {
    CHECK(wire::format_entity_tag({"a-1", false}) == "\"a-1\"");
    CHECK(wire::format_entity_tag({"a-1", true}) == "W/\"a-1\"");
    for (const char* opaque : {"a\"b", "a b", "a\r\nb", "\x7F", "\xE4"}) {
        CHECK_THROWS_AS(wire::format_entity_tag({opaque, false}), base::BrokenExpectation);
    }
}
