// Percent-encoding and forms. RFC 3986 §2.1, WHATWG URL §5.
#include "protocols/http/wire/percent.h"

#include <doctest/doctest.h>

using namespace std::string_literals;
namespace wire = http::wire;

TEST_CASE("percent-encoding") {
    CHECK(wire::percent_encode("aZ09-._~") == "aZ09-._~");
    CHECK(wire::percent_encode("a b/c%\xE4\0"s) == "a%20b%2Fc%25%E4%00");
    CHECK(wire::percent_decode("a%20b%2Fc%25%e4%00+") == "a b/c%\xE4\0+"s);
    CHECK(wire::percent_decode("") == "");
    CHECK(wire::percent_decode("%41") == "A");
    for (const char* text : {"%", "%4", "%4g", "%g4", "%%41", "a%", "%-1", "% 1", "%0x"}) {
        CAPTURE(text);
        CHECK(wire::percent_decode(text) == std::nullopt);
    }
    CHECK(wire::percent_decode(std::string_view("%41").substr(0, 2)) == std::nullopt);
}

TEST_CASE("fields of a form") {
    using Form = wire::FormFields;
    CHECK(wire::parse_form("a=b&c=d+e%21") == Form{{"a", "b"}, {"c", "d e!"}});
    CHECK(wire::parse_form("a=1&a=2") == Form{{"a", "1"}});
    CHECK(wire::parse_form("a&b=&=c&&") == Form{{"a", ""}, {"b", ""}, {"", "c"}});
    CHECK(wire::parse_form("a=b=c") == Form{{"a", "b=c"}});
    CHECK(wire::parse_form("%61%3D=%&x=%4&y=%zz%2") == Form{{"a=", "%"}, {"x", "%4"}, {"y", "%zz%2"}});
    CHECK(wire::parse_form("&a=1&&b=2&") == Form{{"a", "1"}, {"b", "2"}});
    CHECK(wire::parse_form("").empty());
    CHECK(wire::parse_form("a=1&b=2&c=3", 2) == Form{{"a", "1"}, {"b", "2"}});
    CHECK(wire::parse_form("a=1&a=2&b=3", 2) == Form{{"a", "1"}, {"b", "3"}});
}
