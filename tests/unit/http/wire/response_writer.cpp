// Responses as octets. RFC 9112 §4, §7.1, §11.1.
#include "protocols/http/wire/response_writer.h"

#include <doctest/doctest.h>

#include <string>

#include "protocols/base/expects.h"
#include "tests/unit/http/wire/cuts.h"

using namespace std::string_literals;
namespace wire = http::wire;

namespace {

std::string written(const wire::ResponseHead& head) {
    std::string out;
    wire::append_response_head(out, head);
    return out;
}

std::string chunk(std::string_view content) {
    std::string out;
    wire::append_chunk(out, content);
    return out;
}

}  // namespace

TEST_CASE("a response's head") {
    CHECK(written({.status = 404, .fields = {{.name = "date", .value = "x"}, {.name = "a", .value = ""}}}) ==
          "HTTP/1.1 404 Not Found\r\ndate: x\r\na: \r\n\r\n");
    // A reason may be empty, its space not (RFC 9112 §4).
    CHECK(written({.status = 299, .fields = {}}) == "HTTP/1.1 299 \r\n\r\n");
    CHECK(wire::reason_phrase(431) == "Request Header Fields Too Large");
}

TEST_CASE("no field splits a response (RFC 9112 §11.1)") {
    for (const std::string& value : {"a\r\nSet-Cookie: b"s, "a\n"s, "\r"s, "a\0b"s, "\x7F"s}) {
        CAPTURE(value);
        std::string out = "before";
        CHECK_THROWS_AS(wire::append_response_head(out, {.fields = {{.name = "x", .value = value}}}),
                        base::BrokenExpectation);
        CHECK(out == "before");
    }
    for (const std::string& name : {"a\r\nb"s, "a:"s, ""s, "a b"s, "A"s}) {
        CAPTURE(name);
        CHECK_THROWS_AS(written({.fields = {{.name = name, .value = "x"}}}), base::BrokenExpectation);
    }
    CHECK_THROWS_AS(written({.status = 99, .fields = {}}), base::BrokenExpectation);
    CHECK_THROWS_AS(written({.status = 600, .fields = {}}), base::BrokenExpectation);
}

TEST_CASE("which responses have content") {
    CHECK(wire::may_have_content("GET", 200));
    CHECK(wire::may_have_content("GET", 404));
    CHECK_FALSE(wire::may_have_content("HEAD", 200));
    CHECK_FALSE(wire::may_have_content("GET", 204));
    CHECK_FALSE(wire::may_have_content("GET", 304));
    CHECK_FALSE(wire::may_have_content("GET", 100));
}

TEST_CASE("chunks, as they are read again") {
    CHECK(chunk("0123456789") == "a\r\n0123456789\r\n");
    CHECK_THROWS_AS(chunk(""), base::BrokenExpectation);
    const std::string body = chunk(std::string(300, 'x')) + chunk("\r\n") + std::string(wire::last_chunk);
    const wire::Decoded decoded = wire::decode_pieces(body, 7);
    CHECK(decoded.ended);
    CHECK(decoded.content == std::string(300, 'x') + "\r\n");
}
