// Heads of HTTP/2 requests. RFC 9113 §8.2, §8.3.
#include "protocols/http/wire/http2_request.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::string_literals;
namespace wire = http::wire;

namespace {

std::string built(const wire::Fields& fields, const wire::HeadLimits& limits = {}) {
    wire::Http2RequestBuilder builder(limits);
    for (const auto& [name, value] : fields) builder.add(name, value);
    const std::expected<wire::ReceivedRequest, wire::Fault> request = builder.finish();
    if (!request) return std::to_string(request.error().status) + " " + request.error().what;
    std::string text = request->head.method + " " + request->head.target + " @" + request->head.authority;
    for (const wire::Field& field : request->head.fields) text += " [" + field.name + "=" + field.value + "]";
    if (request->content_length) text += " length=" + std::to_string(*request->content_length);
    CHECK(request->head.version == wire::Version::http_2);
    CHECK(request->persistent);
    return text + (request->expects_continue ? " continue" : "");
}

// A GET of /a with these fields.
std::string with_fields(const wire::Fields& more) {
    wire::Fields fields = {{":method", "GET"}, {":scheme", "https"}, {":path", "/a"}, {":authority", "h"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return built(fields);
}

}  // namespace

TEST_CASE("HTTP/2 requests that are taken") {
    CHECK(with_fields({}) == "GET /a @h");
    CHECK(with_fields({{"accept", "a"}, {"te", "trailers"}}) == "GET /a @h [accept=a] [te=trailers]");
    CHECK(with_fields({{"host", "H"}}) == "GET /a @h");
    CHECK(with_fields({{"content-length", "5"}, {"expect", "100-continue"}}) ==
          "GET /a @h [content-length=5] [expect=100-continue] length=5 continue");
    CHECK(with_fields({{"cookie", "a=b"}, {"x", "y"}, {"cookie", "c=d"}}) == "GET /a @h [cookie=a=b; c=d] [x=y]");
    CHECK(built({{":method", "GET"}, {":scheme", "http"}, {":path", "/?q"}, {"host", "h"}}) == "GET /?q @h");
    CHECK(built({{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "h"}}) == "OPTIONS * @h");
    CHECK(built({{":method", "CONNECT"}, {":authority", "h:80"}}) == "CONNECT  @h:80");
}

TEST_CASE("HTTP/2 requests that are malformed") {
    struct Row {
        wire::Fields more;
        const char* expected;
    };
    const Row rows[] = {
        {{{":method", "GET"}}, "400 A pseudo-header field more than once"},
        {{{":authority", "h"}}, "400 A pseudo-header field more than once"},
        {{{":protocol", "websocket"}}, "400 Unknown pseudo-header field"},
        {{{":status", "200"}}, "400 Unknown pseudo-header field"},
        {{{"a", "b"}, {":authority", "h"}}, "400 A pseudo-header field after other fields"},
        {{{"A", "b"}}, "400 Invalid name of a header field"},
        {{{"", "b"}}, "400 Invalid name of a header field"},
        {{{"a b", "b"}}, "400 Invalid name of a header field"},
        {{{"a", "b\r\nc: d"}}, "400 Invalid octet in the value of a header field"},
        {{{"a", "b\0"s}}, "400 Invalid octet in the value of a header field"},
        {{{"a", " b"}}, "400 White space around the value of a header field"},
        {{{"a", "b\t"}}, "400 White space around the value of a header field"},
        {{{"connection", "close"}}, "400 A header field that HTTP/2 does not have"},
        {{{"keep-alive", "5"}}, "400 A header field that HTTP/2 does not have"},
        {{{"proxy-connection", "close"}}, "400 A header field that HTTP/2 does not have"},
        {{{"transfer-encoding", "chunked"}}, "400 A header field that HTTP/2 does not have"},
        {{{"upgrade", "h2c"}}, "400 A header field that HTTP/2 does not have"},
        {{{"te", "gzip"}}, "400 TE must be trailers"},
        {{{"host", "i"}}, "400 Host differs from :authority"},
        {{{"host", "h"}, {"host", "h"}}, "400 Host more than once"},
        {{{"content-length", "5"}, {"content-length", "5"}}, "400 Content-Length more than once"},
        {{{"content-length", "+5"}}, "400 Invalid Content-Length"},
        {{{"expect", "x"}}, "417 Only 100-continue can be expected"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.more.back().name);
        CHECK(with_fields(row.more) == row.expected);
    }
}

TEST_CASE("pseudo-header fields: which must be there, and what they hold") {
    using Row = std::pair<wire::Fields, const char*>;
    const Row rows[] = {
        {{}, "400 Invalid :method"},
        {{{":method", "G T"}, {":scheme", "https"}, {":path", "/"}, {":authority", "h"}}, "400 Invalid :method"},
        {{{":method", "GET"}, {":path", "/"}, {":authority", "h"}}, "400 Wrong pseudo-header fields"},
        {{{":method", "GET"}, {":scheme", "https"}, {":authority", "h"}}, "400 Wrong pseudo-header fields"},
        {{{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}, {":authority", "h"}}, "400 Invalid :scheme"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", ""}, {":authority", "h"}}, "400 Invalid :path"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/ b"}, {":authority", "h"}}, "400 Invalid :path"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "http://h/"}, {":authority", "h"}}, "400 Invalid :path"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "*"}, {":authority", "h"}},
         "400 Only OPTIONS takes the request target *"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}}, "400 Host is missing"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "u@h"}}, "400 Invalid :authority"},
        {{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", ""}}, "400 Invalid :authority"},
        {{{":method", "CONNECT"}, {":authority", "h"}}, "400 CONNECT takes a host and a port"},
        {{{":method", "CONNECT"}}, "400 CONNECT takes a host and a port"},
        {{{":method", "CONNECT"}, {":path", "/"}, {":authority", "h:80"}}, "400 Wrong pseudo-header fields"},
    };
    for (const auto& [fields, expected] : rows) {
        CAPTURE(expected);
        CHECK(built(fields) == expected);
    }
}

TEST_CASE("limits of an HTTP/2 head") {
    const wire::HeadLimits limits{.request_line_octets = 5, .header_section_octets = 20, .fields = 2};
    const auto fields = [](const char* path, const wire::Fields& more) {
        wire::Fields all = {{":method", "GET"}, {":scheme", "https"}, {":path", path}, {":authority", "h"}};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    CHECK(built(fields("/2345", {{"a", "b"}, {"c", "123456789"}}), limits) == "GET /2345 @h [a=b] [c=123456789]");
    CHECK(built(fields("/23456", {}), limits) == "414 The request target is too long");
    CHECK(built(fields("/", {{"a", "b"}, {"c", "1234567890"}}), limits) == "431 The header section is too large");
    CHECK(built(fields("/", {{"a", ""}, {"b", ""}, {"c", ""}}), limits) == "431 The header section is too large");
    // Pieces of a cookie count, too.
    CHECK(built(fields("/", {{"cookie", "a"}, {"cookie", "b"}}), limits) == "431 The header section is too large");
}
