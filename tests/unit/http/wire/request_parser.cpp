// Heads of requests: what is taken, what is refused and with which answer; whole, and cut at every octet.
// RFC 9112 §2-§3, §5, §6, §9.3, §11.2.
#include "protocols/http/wire/request_parser.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/http/wire/cuts.h"

using namespace std::string_literals;
namespace wire = http::wire;

namespace {

std::string described(const wire::ReceivedRequest& request) {
    std::string text = request.head.method + " " + request.head.target + " @" + request.head.authority;
    text += request.head.version == wire::Version::http_1_1 ? " 1.1" : " 1.0";
    for (const wire::Field& field : request.head.fields) text += " [" + field.name + "=" + field.value + "]";
    if (request.chunked) text += " chunked";
    if (request.content_length) text += " length=" + std::to_string(*request.content_length);
    text += request.persistent ? " on" : " close";
    if (request.expects_continue) text += " continue";
    return text;
}

std::string described(const wire::Parsing& parsing) {
    if (!parsing.request) return "more";
    const std::expected<wire::ReceivedRequest, wire::Fault>& request = *parsing.request;
    if (!request) return std::to_string(request.error().status) + " " + request.error().what;
    return described(*request) + (parsing.rest.empty() ? "" : " rest=" + parsing.rest);
}

// Whole; in two pieces, cut at every octet; octet by octet.
std::string parsed(std::string_view octets, const wire::HeadLimits& limits = {}) {
    const wire::Parsing whole = wire::parse_cut(octets, octets.size(), limits);
    const std::string expected = described(whole);
    const bool fault = whole.request && !whole.request->has_value();
    for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
        const wire::Parsing pieces = wire::parse_cut(octets, cut, limits);
        CHECK_MESSAGE(described(pieces) == expected, "cut at ", cut);
        if (!fault) CHECK(pieces.rest == whole.rest);
    }
    CHECK(described(wire::parse_octets(octets, limits)) == expected);
    return expected;
}

// A request of these field lines, after a valid Host.
std::string with(std::string_view lines) { return "POST /a HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n\r\n"; }

}  // namespace

TEST_CASE("requests that are taken") {
    struct Row {
        std::string octets;
        const char* expected;
    };
    const Row rows[] = {
        {"GET / HTTP/1.1\r\nHost: mail.example.org\r\n\r\n", "GET / @mail.example.org 1.1 on"},
        {"GET /a%20b?c=d&e HTTP/1.1\r\nhOST:h:8080\r\n\r\nGET", "GET /a%20b?c=d&e @h:8080 1.1 on rest=GET"},
        {"GET /a|[b]^ HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n", "GET /a|[b]^ @[2001:db8::1]:443 1.1 on"},
        {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / @h 1.1 on"},
        {"GET / HTTP/1.1\r\nA: \t x  y\t \r\nHost: h\r\nA:\r\nb: \xE4\r\n\r\n",
         "GET / @h 1.1 [a=x  y] [a=] [b=\xE4] on"},
        {"X!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: h\r\n!#$%&'*+-.^_`|~9: v\r\n\r\n",
         "X!#$%&'*+-.^_`|~9 / @h 1.1 [!#$%&'*+-.^_`|~9=v] on"},
        // The four forms of a target (§3.2).
        {"GET http://a.example:80/b?c HTTP/1.1\r\nHost: other\r\n\r\n", "GET /b?c @a.example:80 1.1 on"},
        {"GET HTTPS://a.example HTTP/1.1\r\nHost: other\r\n\r\n", "GET / @a.example 1.1 on"},
        {"GET http://a.example?c HTTP/1.1\r\nHost: other\r\n\r\n", "GET /?c @a.example 1.1 on"},
        {"OPTIONS http://a.example:8001 HTTP/1.1\r\nHost: other\r\n\r\n", "OPTIONS * @a.example:8001 1.1 on"},
        {"OPTIONS http://a.example/ HTTP/1.1\r\nHost: other\r\n\r\n", "OPTIONS / @a.example 1.1 on"},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * @h 1.1 on"},
        {"CONNECT a.example:80 HTTP/1.1\r\nHost: h\r\n\r\n", "CONNECT  @a.example:80 1.1 on"},
        // HTTP/1.0 needs no Host, and keep-alive only if asked for.
        {"GET / HTTP/1.0\r\n\r\n", "GET / @ 1.0 close"},
        {"GET / HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n", "GET / @h 1.0 [connection=Keep-Alive] on"},
        {"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", "GET / @ 1.0 [expect=100-continue] close"},
        {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET / @ 1.0 [connection=keep-alive, close] close"},
        // Framing and connection.
        {with("Content-Length: 0"), "POST /a @h 1.1 [content-length=0] length=0 on"},
        {with("Content-Length: 0018446744073709551615"),
         "POST /a @h 1.1 [content-length=0018446744073709551615] length=18446744073709551615 on"},
        {with("Transfer-Encoding: Chunked"), "POST /a @h 1.1 [transfer-encoding=Chunked] chunked on"},
        {with("Connection: x, CLOSE"), "POST /a @h 1.1 [connection=x, CLOSE] close"},
        {with("Connection: closed"), "POST /a @h 1.1 [connection=closed] on"},
        {with("Expect: 100-Continue"), "POST /a @h 1.1 [expect=100-Continue] on continue"},
        // Not all of it has come.
        {"GET / HTTP/1.1\r\nHost: h\r\n\r", "more"},
        {"GET / HTTP/1.1\r\nHost: h\r\n", "more"},
        {"\r\n", "more"},
        {"", "more"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(parsed(row.octets) == row.expected);
    }
}

TEST_CASE("requests that are refused, with the answer's status") {
    struct Row {
        std::string octets;
        const char* expected;
    };
    const std::string host = "\r\nHost: h\r\n\r\n";
    const Row rows[] = {
        {"\x16\x03\x01", "400 This is not HTTP"},
        {" GET / HTTP/1.1" + host, "400 This is not HTTP"},
        {"\nGET / HTTP/1.1" + host, "400 This is not HTTP"},
        {"\r\n\r\nGET / HTTP/1.1" + host, "400 Empty lines before the request line"},
        {"GET /" + host, "400 A request line has a method, a target and a version"},
        {"GET" + host, "400 A request line has a method, a target and a version"},
        {"G(T / HTTP/1.1" + host, "400 Invalid method"},
        {"GET  / HTTP/1.1" + host, "400 Invalid request target"},
        {"GET /  HTTP/1.1" + host, "400 Invalid request target"},
        {"GET / HTTP/1.1 " + host, "400 Invalid HTTP version"},
        {"GET\t/ HTTP/1.1" + host, "400 A request line has a method, a target and a version"},
        {"GET /a b HTTP/1.1" + host, "400 Invalid request target"},
        {"GET /a#b HTTP/1.1" + host, "400 Invalid request target"},
        {"GET /\xE4 HTTP/1.1" + host, "400 Invalid request target"},
        {"GET /\x7F HTTP/1.1" + host, "400 Invalid request target"},
        {"GET /\x01 HTTP/1.1" + host, "400 Invalid request target"},
        {"GET a HTTP/1.1" + host, "400 Invalid request target"},
        {"GET ftp://a/b HTTP/1.1" + host, "400 Invalid request target"},
        {"GET http://user@a/ HTTP/1.1" + host, "400 Invalid host in the request target"},
        {"GET http:///a HTTP/1.1" + host, "400 Invalid host in the request target"},
        {"GET http://a/\xE4 HTTP/1.1" + host, "400 Invalid request target"},
        {"GET http://a#b HTTP/1.1" + host, "400 Invalid request target"},
        {"GET * HTTP/1.1" + host, "400 Only OPTIONS takes the request target *"},
        {"CONNECT / HTTP/1.1" + host, "400 CONNECT takes a host and a port"},
        {"CONNECT h HTTP/1.1" + host, "400 CONNECT takes a host and a port"},
        {"CONNECT h: HTTP/1.1" + host, "400 CONNECT takes a host and a port"},
        {"CONNECT [::1] HTTP/1.1" + host, "400 CONNECT takes a host and a port"},
        {"GET / http/1.1" + host, "400 Invalid HTTP version"},
        {"GET / HTTP/1.1x" + host, "400 Invalid HTTP version"},
        {"GET / HTTP/x.1" + host, "400 Invalid HTTP version"},
        {"GET / HTTP/11" + host, "400 Invalid HTTP version"},
        {"GET / HTTP/1.2" + host, "505 This door speaks HTTP/1.1 and HTTP/2"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 This door speaks HTTP/1.1 and HTTP/2"},
        // Host: exactly one (§3.2).
        {"GET / HTTP/1.1\r\n\r\n", "400 Host is missing"},
        {"GET http://a/ HTTP/1.1\r\n\r\n", "400 Host is missing"},
        {"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "400 Host more than once"},
        {"GET / HTTP/1.0\r\nHost: h\r\nhost: i\r\n\r\n", "400 Host more than once"},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: h, i\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: h/a\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: [::1]80\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: [x]\r\n\r\n", "400 Invalid Host"},
        {"GET / HTTP/1.1\r\nHost: []\r\n\r\n", "400 Invalid Host"},
        {"GET http://a/ HTTP/1.1\r\nHost: h i\r\n\r\n", "400 Invalid Host"},
        // Field lines (§5).
        {with("A : b"), "400 White space before the colon of a header field"},
        {with("A\t: b"), "400 White space before the colon of a header field"},
        {with("A b: c"), "400 Invalid name of a header field"},
        {with(": b"), "400 Invalid name of a header field"},
        {with("A\xE4: b"), "400 Invalid name of a header field"},
        {with("A\x00: b"s), "400 Invalid name of a header field"},
        {with("A"), "400 A header field without a colon"},
        {with("A: b\r\n c"), "400 A header field must not be folded"},
        {with("A: b\r\n\tc: d"), "400 A header field must not be folded"},
        {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400 A header field must not be folded"},
        {with("A: b\x00"s), "400 Invalid octet in the value of a header field"},
        {with("A: b\x7F"), "400 Invalid octet in the value of a header field"},
        {with("A: \x1B[2J"), "400 Invalid octet in the value of a header field"},
        {with("Expect: 200-ok"), "417 Only 100-continue can be expected"},
        {with("Expect: 100-continue, 200-ok"), "417 Only 100-continue can be expected"},
        {with("Content-Length: 18446744073709551616"), "413 Content-Length is too large"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(parsed(row.octets) == row.expected);
    }
}

// Each row is a way that two recipients were made to see different requests (RFC 9112 §11.2): one took the length, the
// other the chunks, or one saw a field or a line end where the other saw none. Never taken, whatever another would
// take.
TEST_CASE("smuggling is refused") {
    struct Row {
        std::string lines;
        int status;
    };
    const Row rows[] = {
        // CL.TE and TE.CL, in any order and spelling.
        {"Content-Length: 6\r\nTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 6", 400},
        {"Transfer-Encoding: chunked\r\nContent-Length: 0", 400},
        {"transfer-encoding: CHUNKED\r\nCONTENT-LENGTH: 6", 400},
        {"Content-Length: 6\r\nTransfer-Encoding: identity", 400},
        {"Content-Length: 6\r\nTransfer-Encoding: gzip, chunked", 400},
        {"Content-Length: 6\r\nTransfer-Encoding:", 400},
        {"Content-Length: x\r\nTransfer-Encoding: chunked", 400},
        // TE.TE: codings that one knows and the other does not.
        {"Transfer-Encoding: xchunked", 400},
        {"Transfer-Encoding: chunkedx", 400},
        {"Transfer-Encoding: chunk", 400},
        {"Transfer-Encoding: x", 400},
        {"Transfer-Encoding: identity", 400},
        {"Transfer-Encoding:", 400},
        {"Transfer-Encoding: ,chunked", 400},
        {"Transfer-Encoding: chunked,", 400},
        {"Transfer-Encoding: chunked, chunked", 400},
        {"Transfer-Encoding: chunked, identity", 400},
        {"Transfer-Encoding: chunked, gzip, chunked", 400},
        {"Transfer-Encoding: chunked;q=1", 400},
        {"Transfer-Encoding: \"chunked\"", 400},
        {"Transfer-Encoding: 'chunked'", 400},
        {"Transfer-Encoding: chunked chunked", 400},
        {"Transfer-Encoding: identity, chunked", 501},
        {"Transfer-Encoding: gzip, chunked", 501},
        {"Transfer-Encoding: x, y, chunked", 501},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", 400},
        {"Transfer-Encoding: x\r\nTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding: chunked\r\ntransfer-encoding: identity", 400},
        // TE hidden by octets that one drops.
        {"Transfer-Encoding : chunked", 400},
        {"Transfer-Encoding\t: chunked", 400},
        {" Transfer-Encoding: chunked", 400},
        {"\tTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding: \vchunked", 400},
        {"Transfer-Encoding: \fchunked", 400},
        {"Transfer-Encoding: chunked\v", 400},
        {"Transfer-Encoding: \x00"s + "chunked", 400},
        {"Transfer-Encoding: chunked\x00"s, 400},
        {"Transfer-Encoding:\x08 chunked", 400},
        {"Transfer-Encoding:\xA0"
         "chunked",
         400},
        {"Transfer-Encoding: \xEF\xBB\xBF"
         "chunked",
         400},
        {"Transfer-Encoding\x00: chunked"s, 400},
        {"\x0BTransfer-Encoding: chunked", 400},
        {"\xEF\xBB\xBFTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding chunked", 400},
        {"Transfer-Encoding:\r\n chunked", 400},
        {"Transfer-Encoding\r\n : chunked", 400},
        {"Transfer-Encoding: chunked\r\n ", 400},
        {"X: y\r\n Transfer-Encoding: chunked", 400},
        {"X: y\rTransfer-Encoding: chunked", 400},
        {"X: y\nTransfer-Encoding: chunked", 400},
        {"X: y\n\rTransfer-Encoding: chunked", 400},
        {"X: y\r\rTransfer-Encoding: chunked", 400},
        {"X: y\r\r\nTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding: chunked\r", 400},
        {"\rTransfer-Encoding: chunked", 400},
        {"Transfer-Encoding:\rchunked", 400},
        {"\n", 400},
        {"X: y\n", 400},
        {"X: y\r\n\n", 400},
        {"X: y\r\n\r\r\n", 400},
        // Lengths that one reads otherwise.
        {"Content-Length: 6\r\nContent-Length: 5", 400},
        {"Content-Length: 6\r\nContent-Length: 6", 400},
        {"Content-Length: 6\r\ncontent-length: 6", 400},
        {"Content-Length: 6, 6", 400},
        {"Content-Length: 6, 5", 400},
        {"Content-Length: 6,", 400},
        {"Content-Length: +6", 400},
        {"Content-Length: -6", 400},
        {"Content-Length: -0", 400},
        {"Content-Length: 0x6", 400},
        {"Content-Length: 6h", 400},
        {"Content-Length: 6.0", 400},
        {"Content-Length: 6e1", 400},
        {"Content-Length: 6 6", 400},
        {"Content-Length: 6\t6", 400},
        {"Content-Length: 1_000", 400},
        {"Content-Length: 1'000", 400},
        {"Content-Length: \"6\"", 400},
        {"Content-Length: six", 400},
        {"Content-Length:", 400},
        {"Content-Length: \v6", 400},
        {"Content-Length: 6\x00"s, 400},
        {"Content-Length: \xD9\xA6", 400},
        {"Content-Length: \xEF\xBC\x96", 400},
        {"Content-Length : 6", 400},
        {"Content-Length\x00: 6"s, 400},
        {"Content-Length: 6\r\n 5", 400},
        {"Content-Length: 6\r\n5", 400},
        {"Content-Length: 18446744073709551622", 413},
        {"Content-Length: 99999999999999999999999999", 413},
        // Another host for another recipient.
        {"Host: i", 400},
        {"host: h", 400},
        {"Host : i", 400},
        {" Host: i", 400},
    };
    for (const Row& row : rows) {
        CAPTURE(row.lines);
        const std::string answer = parsed(with(row.lines));
        CHECK(answer.starts_with(std::to_string(row.status) + " "));
    }
    // Chunks of a client that cannot know them (RFC 9112 §6.1).
    CHECK(parsed("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").starts_with("400 "));
    // A request line that ends where others do not see an end.
    CHECK(parsed("GET / HTTP/1.1\nHost: h\r\n\r\n").starts_with("400 "));
    CHECK(parsed("GET / HTTP/1.1\rHost: h\r\n\r\n").starts_with("400 "));
    CHECK(parsed("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n").starts_with("400 "));
    CHECK(parsed("GET /\rx HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("400 "));
    CHECK(parsed("GET /\vx HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("400 "));
    CHECK(parsed("\rGET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("400 "));
}

TEST_CASE("limits of a head hold to the octet") {
    const wire::HeadLimits limits{.request_line_octets = 16, .header_section_octets = 20, .fields = 2};
    struct Row {
        const char* octets;
        const char* expected;
    };
    const Row rows[] = {
        {"GET /34 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /34 @h 1.1 on"},
        {"GET /345 HTTP/1.1\r\nHost: h\r\n\r\n", "414 The request target is too long"},
        {"GET /3456789012345678901234567890", "414 The request target is too long"},
        {"GET /345 HTTP/1.1", "414 The request target is too long"},
        {"GET /34 HTTP/1.1\r", "more"},
        {"GET /34 HTTP/1.1\n", "400 A line must end with CRLF"},
        {"GET / HTTP/1.1\r\nHost: h\r\nA: 4567890\r\n\r\n", "431 The header section is too large"},
        {"GET / HTTP/1.1\r\nHost: h\r\nA: 456789\r\n\r\n", "GET / @h 1.1 [a=456789] on"},
        {"GET / HTTP/1.1\r\nHost: h\r\nA: 456789\r\nB\r\n", "431 The header section is too large"},
        {"GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\n\r\n", "431 Too many header fields"},
        {"GET / HTTP/1.1\r\nHost: h\r\nA:\r\n\r\n", "GET / @h 1.1 [a=] on"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(parsed(row.octets, limits) == row.expected);
    }
}

TEST_CASE("whether a request has begun") {
    wire::RequestParser parser({});
    const auto begun_after = [&](std::string_view octets) {
        (void)parser.take(octets);
        return parser.begun();
    };
    CHECK_FALSE(parser.begun());
    CHECK_FALSE(begun_after("\r\n"));
    CHECK(begun_after("G"));
    CHECK(begun_after("ET / HTTP/1.1\r\n"));
    CHECK(begun_after("Host: h\r\n"));
}
