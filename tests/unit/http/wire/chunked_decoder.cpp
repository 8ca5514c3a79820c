// Content in chunks, in pieces of every size. RFC 9112 §7.1.
#include "protocols/http/wire/chunked_decoder.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/http/wire/cuts.h"

using namespace std::string_literals;
namespace wire = http::wire;

namespace {

std::string described(const wire::Decoded& decoded) {
    if (decoded.fault) return std::to_string(decoded.fault->status) + " " + decoded.fault->what;
    return decoded.content + (decoded.ended ? "|" + decoded.rest : " more");
}

std::string decoded(std::string_view octets, const wire::ChunkLimits& limits = {}) {
    const std::string expected = described(wire::decode_pieces(octets, octets.size() + 1, limits));
    for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
        CHECK_MESSAGE(described(wire::decode_pieces(octets, piece, limits)) == expected, "pieces of ", piece);
    }
    return expected;
}

}  // namespace

TEST_CASE("chunks are taken apart") {
    struct Row {
        const char* octets;
        const char* expected;
    };
    const Row rows[] = {
        {"4\r\nWiki\r\n7\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\n\r\nGET", "Wikipedia in \r\nchunks.|GET"},
        {"0\r\n\r\n", "|"},
        {"00000\r\n\r\n", "|"},
        {"00000000000000a\r\n0123456789\r\n0\r\n\r\n", "0123456789|"},
        {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789|"},
        {"1;a\r\nx\r\n1 ; b=\"c;\"\r\ny\r\n0;d=e\r\n\r\n", "xy|"},
        {"1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\n\r\nrest", "x|rest"},
        {"1\r\nx\r\n0\r\n\r", "x more"},
        {"5\r\nx", "x more"},
        {"ffffffffffffffff\r\nx", "x more"},
        {"", " more"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(decoded(row.octets) == row.expected);
    }
}

TEST_CASE("chunks that two recipients could read in two ways are refused") {
    struct Row {
        std::string octets;
        const char* expected;
    };
    const Row rows[] = {
        {"\r\n", "400 Invalid chunk size"},
        {"x\r\n", "400 Invalid chunk size"},
        {"-1\r\n", "400 Invalid chunk size"},
        {"+1\r\nx\r\n", "400 Invalid chunk size"},
        {"0x1\r\nx\r\n", "400 Invalid chunk size"},
        {" 1\r\nx\r\n", "400 Invalid chunk size"},
        {"1 \r\nx\r\n", "400 Invalid chunk size"},
        {"1 2\r\nx\r\n", "400 Invalid chunk size"},
        {"1,\r\nx\r\n", "400 Invalid chunk size"},
        {"1_0\r\nx\r\n", "400 Invalid chunk size"},
        {";a\r\n", "400 Invalid chunk size"},
        {"1;\x01\r\nx\r\n", "400 Invalid chunk size"},
        {"1;\x00\r\nx\r\n"s, "400 Invalid chunk size"},
        {"10000000000000000\r\nx", "400 Invalid chunk size"},
        {"00000000000000001\r\nx", "400 Invalid chunk size"},
        {"1\nx\r\n0\r\n\r\n", "400 A line must end with CRLF"},
        {"1\r\rx\r\n", "400 A line must end with CRLF"},
        {"1;a\nb\r\nx\r\n", "400 A line must end with CRLF"},
        {"1;a\rb\r\nx\r\n", "400 A line must end with CRLF"},
        {"1\r\nx\n0\r\n\r\n", "400 A line must end with CRLF"},
        {"1\r\nxy\r\n", "400 A chunk is longer than its size"},
        {"1\r\nx\r0\r\n\r\n", "400 A chunk is longer than its size"},
        {"1\r\nx0\r\n\r\n", "400 A chunk is longer than its size"},
        {"0\r\n\n", "400 A line must end with CRLF"},
        {"0\r\nA : b\r\n\r\n", "400 White space before the colon of a header field"},
        {"0\r\nA: b\r\n c\r\n\r\n", "400 A header field must not be folded"},
        {"0\r\nGET / HTTP/1.1\r\n\r\n", "400 A header field without a colon"},
        {"0\r\nA: b\n\r\n", "400 A line must end with CRLF"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(decoded(row.octets) == row.expected);
    }
}

TEST_CASE("extensions and trailers are bounded, all together and to the octet") {
    const wire::ChunkLimits limits{.extension_octets = 6, .trailer_octets = 10};
    struct Row {
        const char* octets;
        const char* expected;
    };
    const Row rows[] = {
        {"1;ab\r\nx\r\n1;ab\r\ny\r\n0\r\n\r\n", "xy|"},
        {"1;ab\r\nx\r\n1;ab\r\ny\r\n0;\r\n\r\n", "400 A chunk's extensions are too long"},
        {"1;123456\r\nx\r\n", "400 A chunk's extensions are too long"},
        {"1;12345678901234567890123456789012345678901234567890", "400 A chunk's extensions are too long"},
        {"0\r\nA:\r\nB: 5\r\n\r\n", "|"},
        {"0\r\nA:\r\nB: 56\r\n\r\n", "431 The trailer section is too large"},
        {"0\r\nA: 4567890", "431 The trailer section is too large"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(decoded(row.octets, limits) == row.expected);
    }
}
