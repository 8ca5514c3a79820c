// Ranges of octets. RFC 9110 §14, §15.3.7, §17.15.
#include "protocols/http/wire/ranges.h"

#include <doctest/doctest.h>

#include <string>

namespace wire = http::wire;

namespace {

std::string chosen(std::string_view value, std::uint64_t octets, std::size_t max_ranges = 16) {
    using Kind = wire::ChosenRanges::Kind;
    const wire::ChosenRanges chosen = wire::choose_ranges(value, octets, max_ranges);
    CHECK(chosen.ranges.empty() == (chosen.kind != Kind::some));
    if (chosen.kind != Kind::some) return chosen.kind == Kind::whole ? "whole" : "unsatisfiable";
    std::string text;
    for (const wire::ByteRange& range : chosen.ranges) {
        CHECK(range.first <= range.last);
        CHECK(range.last < octets);
        text += (text.empty() ? "" : " ") + std::to_string(range.first) + "-" + std::to_string(range.last);
    }
    return text;
}

}  // namespace

TEST_CASE("ranges of 10000 octets: the RFC's examples, and others") {
    struct Row {
        const char* value;
        const char* expected;
    };
    const Row rows[] = {
        {"bytes=0-499", "0-499"},
        {"bytes=500-999", "500-999"},
        {"bytes=-500", "9500-9999"},
        {"bytes=9500-", "9500-9999"},
        {"bytes=0-0,-1", "0-0 9999-9999"},
        {"bytes= 0-999, 4500-5499, -1000", "0-999 4500-5499 9000-9999"},
        {"bytes=500-600,601-999", "500-600 601-999"},
        {"bytes=500-700,601-999", "500-700 601-999"},
        {"BYTES=5-5", "5-5"},
        {"bytes=0-", "0-9999"},
        {"bytes=9999-9999", "9999-9999"},
        {"bytes=9990-20000", "9990-9999"},
        {"bytes=-10000", "0-9999"},
        {"bytes=-20000", "0-9999"},
        {"bytes=5-18446744073709551616", "5-9999"},
        {"bytes=0-99999999999999999999999999", "0-9999"},
        {"bytes=-99999999999999999999999999", "0-9999"},
        {"bytes=000-0001", "0-1"},
        {"bytes=5-6,,7-8,", "5-6 7-8"},
        {"bytes=7-8,5-6", "7-8 5-6"},
        // What cannot be had is left out, unless it is all.
        {"bytes=10000-", "unsatisfiable"},
        {"bytes=10000-10001", "unsatisfiable"},
        {"bytes=-0", "unsatisfiable"},
        {"bytes=18446744073709551616-", "unsatisfiable"},
        {"bytes=18446744073709551615-18446744073709551615", "unsatisfiable"},
        {"bytes=10000-,-0", "unsatisfiable"},
        {"bytes=10000-,1-2,-0", "1-2"},
        // Not to be understood: ignored.
        {"", "whole"},
        {"bytes", "whole"},
        {"bytes=", "whole"},
        {"bytes=,", "whole"},
        {"bytes=-", "whole"},
        {"bytes=x", "whole"},
        {"bytes=5", "whole"},
        {"bytes=5-4", "whole"},
        {"bytes=1-2,5-4", "whole"},
        {"bytes=+1-2", "whole"},
        {"bytes=1-+2", "whole"},
        {"bytes=1 -2", "whole"},
        {"bytes=1-2-3", "whole"},
        {"bytes=--1", "whole"},
        {"bytes=0x1-2", "whole"},
        {"bytes =1-2", "whole"},
        {"bytes:1-2", "whole"},
        {"octets=1-2", "whole"},
        {"lines=1-2", "whole"},
        // More than everything (§17.15).
        {"bytes=0-,0-0", "whole"},
        {"bytes=0-4999,5000-,1-1", "whole"},
        {"bytes=0-4999,5000-", "0-4999 5000-9999"},
        {"bytes=0-,0-,0-,0-", "whole"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(chosen(row.value, 10'000) == row.expected);
    }
}

TEST_CASE("ranges of nothing and of one octet") {
    CHECK(chosen("bytes=0-", 0) == "unsatisfiable");
    CHECK(chosen("bytes=0-0", 0) == "unsatisfiable");
    CHECK(chosen("bytes=-0", 0) == "unsatisfiable");
    CHECK(chosen("bytes=-1", 0) == "whole");
    CHECK(chosen("bytes=0-,-1", 0) == "whole");
    CHECK(chosen("bytes=x", 0) == "whole");
    CHECK(chosen("bytes=0-0", 1) == "0-0");
    CHECK(chosen("bytes=1-", 1) == "unsatisfiable");
    CHECK(chosen("bytes=-1", 18'446'744'073'709'551'615U) == "18446744073709551614-18446744073709551614");
}

TEST_CASE("no more ranges than allowed") {
    CHECK(chosen("bytes=0-0,2-2,4-4", 10, 3) == "0-0 2-2 4-4");
    CHECK(chosen("bytes=0-0,2-2,4-4,6-6", 10, 3) == "whole");
    CHECK(chosen("bytes=0-0,90-,91-,92-", 10, 3) == "whole");
}

TEST_CASE("Content-Range, and several ranges as one content") {
    CHECK(wire::content_range({0, 499}, 1'234) == "bytes 0-499/1234");
    CHECK(wire::unsatisfied_content_range(1'234) == "bytes */1234");
    const std::string text = "0123456789";
    const wire::MultipartRanges parts{.boundary = "SEP", .content_type = "text/plain", .octets = text.size()};
    CHECK(parts.media_type() == "multipart/byteranges; boundary=SEP");
    const std::vector<wire::ByteRange> ranges = {{1, 2}, {9, 9}};
    std::string content;
    for (const wire::ByteRange& range : ranges) {
        content += parts.head(range) + text.substr(range.first, range.octets());
    }
    content += parts.end();
    CHECK(content ==
          "\r\n--SEP\r\ncontent-type: text/plain\r\ncontent-range: bytes 1-2/10\r\n\r\n12"
          "\r\n--SEP\r\ncontent-type: text/plain\r\ncontent-range: bytes 9-9/10\r\n\r\n9"
          "\r\n--SEP--\r\n");
    CHECK(parts.total(ranges) == content.size());
}
