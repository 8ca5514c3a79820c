// ASCII text and UTF-8. RFC 3629 §3, §4.
#include "protocols/base/text.h"

#include <doctest/doctest.h>

#include <cstdint>

using namespace std::string_literals;

TEST_CASE("keywords compare without regard to case") {
    CHECK(base::iequals("StartTLS", "STARTTLS"));
    CHECK_FALSE(base::iequals("STARTTL", "STARTTLS"));
    CHECK_FALSE(base::iequals("[", "{"));  // next to the letters in ASCII, but not letters
    CHECK(base::istarts_with("Mail From:<a@b>", "MAIL FROM:"));
    CHECK_FALSE(base::istarts_with("MAI", "MAIL"));
    CHECK(base::lower("Grüße ABC") == "grüße abc");
    CHECK(base::upper("abc é") == "ABC é");
    CHECK(base::trim(" \t a b\r\n") == "a b");
    CHECK(base::trim(" \t").empty());
}

TEST_CASE("numbers are the whole text or nothing") {
    CHECK(base::parse_number<std::uint32_t>("0") == 0u);
    CHECK(base::parse_number<std::uint32_t>("4294967295") == 4294967295u);
    for (const char* wrong : {"", "4294967296", "-1", "+1", " 1", "1 ", "1a", "0x1"}) {
        CHECK_FALSE(base::parse_number<std::uint32_t>(wrong).has_value());
    }
}

TEST_CASE("well-formed UTF-8") {
    struct Row {
        std::string octets;
        bool valid;
    };
    const Row rows[] = {
        {"", true},
        {"ascii\0too"s, true},
        {"\x41\xE2\x89\xA2\xCE\x91\x2E", true},  // RFC 3629 §7
        {"\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4", true},
        {"\xEF\xBB\xBF\xF0\xA3\x8E\xB4", true},
        {"\xF4\x8F\xBF\xBF", true},   // U+10FFFF
        {"\xF4\x90\x80\x80", false},  // above it
        {"\xC0\x80", false},          // overlong NUL
        {"\xE0\x9F\xBF", false},      // overlong
        {"\xF0\x8F\xBF\xBF", false},  // overlong
        {"\xED\xA0\x80", false},      // a surrogate
        {"\x80", false},              // a tail alone
        {"\xE2\x89", false},          // cut short
        {"\xE2\x28\xA1", false},      // no tail
        {"\xFE", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.octets);
        CHECK(base::is_utf8(row.octets) == row.valid);
    }
    CHECK(base::is_ascii("\x7f"));
    CHECK_FALSE(base::is_ascii("\x80"));
}

TEST_CASE("a beginning ends between two characters") {
    CHECK(base::beginning("abc", 5) == "abc");
    CHECK(base::beginning("abc", 3) == "abc");
    CHECK(base::beginning("abc", 2) == "ab");
    CHECK(base::beginning("abc", 0).empty());
    CHECK(base::beginning("a\u00FCb", 2) == "a");
    CHECK(base::beginning("a\u00FCb", 3) == "a\u00FC");
    CHECK(base::beginning("a\U0001F600b", 4) == "a");
    CHECK(base::beginning("a\U0001F600b", 5) == "a\U0001F600");
    CHECK(base::beginning("\U0001F600", 3).empty());
    const std::string_view not_utf8 = "\x80\x80\x80\x80\x80\x80\x80\x80";
    CHECK(base::beginning(not_utf8, 6) == not_utf8.substr(0, 6));
}
