// RFC 6376 §3.4.
#include "protocols/mailauth/dkim_canonicalization.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using mailauth::Canonicalization;

namespace {

std::string canonical_field(std::string_view field, Canonicalization form) {
    std::string out;
    mailauth::append_canonical_field(out, field, form);
    return out;
}

// The body in two pieces.
std::string canonical_body(std::string_view body, Canonicalization form, std::size_t cut = 0) {
    std::string out;
    mailauth::BodyCanonicalizer canonicalizer(form, [&out](std::string_view octets) { out += octets; });
    canonicalizer.feed(body.substr(0, cut));
    canonicalizer.feed(body.substr(cut));
    canonicalizer.finish();
    return out;
}

}  // namespace

TEST_CASE("fields: simple leaves them, relaxed unfolds them and makes white space one space") {
    struct Row {
        std::string_view field;
        std::string_view simple;
        std::string_view relaxed;
    };
    const std::vector<Row> rows = {
        {"A: X\r\n", "A: X\r\n", "a:X\r\n"},  // RFC 6376 §3.4.5
        {"B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n"},
        {"A: X", "A: X\r\n", "a:X\r\n"},
        {"A:\r\n", "A:\r\n", "a:\r\n"},
        {"A: \t\r\n \r\n", "A: \t\r\n \r\n", "a:\r\n"},
        {"A:\r\n  \t x\r\n", "A:\r\n  \t x\r\n", "a:x\r\n"},
        {"A\t :x : y\r\n", "A\t :x : y\r\n", "a:x : y\r\n"},
        {"A: x\n y\n", "A: x\n y\r\n", "a:x y\r\n"},
        {"\xc3\x84: \xff \r\n", "\xc3\x84: \xff \r\n", "\xc3\x84:\xff\r\n"},
        {"A: a\rb\r\n", "A: a\rb\r\n", "a:a\rb\r\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.field);
        CHECK(canonical_field(row.field, Canonicalization::simple) == row.simple);
        CHECK(canonical_field(row.field, Canonicalization::relaxed) == row.relaxed);
    }
}

TEST_CASE("bodies: the same wherever they are cut") {
    struct Row {
        std::string_view body;
        std::string_view simple;
        std::string_view relaxed;
    };
    const std::vector<Row> rows = {
        {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},  // RFC 6376 §3.4.5
        {"", "\r\n", ""},
        {"\r\n", "\r\n", ""},
        {"\r\n\r\n", "\r\n", ""},
        {" \t", " \t\r\n", ""},
        {" \r\n\t\r\n", " \r\n\t\r\n", ""},
        {"a", "a\r\n", "a\r\n"},
        {"a\r\n", "a\r\n", "a\r\n"},
        {"a \r\n \r\n\t\r\n", "a \r\n \r\n\t\r\n", "a\r\n"},
        {"\r\n\r\na", "\r\n\r\na\r\n", "\r\n\r\na\r\n"},
        {"\r\n \r\n\t a\r\n\r\nb\r\n", "\r\n \r\n\t a\r\n\r\nb\r\n", "\r\n\r\n a\r\n\r\nb\r\n"},
        {"a\tb  c\t \r\n", "a\tb  c\t \r\n", "a b c\r\n"},
        // Only CRLF ends a line.
        {"a\nb\n", "a\nb\n\r\n", "a\nb\n\r\n"},
        {"a\rb\r", "a\rb\r\r\n", "a\rb\r\r\n"},
        {"a\r\r\n", "a\r\r\n", "a\r\r\n"},
        {"a \r \rb\r\n", "a \r \rb\r\n", "a \r \rb\r\n"},
        {"\r", "\r\r\n", "\r\r\n"},
        {"\n", "\n\r\n", "\n\r\n"},
        {std::string_view("a\0\xff\r\n", 5), std::string_view("a\0\xff\r\n", 5), std::string_view("a\0\xff\r\n", 5)},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        for (std::size_t cut = 0; cut <= row.body.size(); ++cut) {
            CAPTURE(cut);
            CHECK(canonical_body(row.body, Canonicalization::simple, cut) == row.simple);
            CHECK(canonical_body(row.body, Canonicalization::relaxed, cut) == row.relaxed);
        }
    }
}

TEST_CASE("bodies that are longer than what is held, and lines that are") {
    const std::string line(10'000, 'x');
    std::string blank_lines;
    for (int i = 0; i < 5'000; ++i) blank_lines += "\r\n";
    const std::string body = line + "\r\n" + blank_lines + "y" + std::string(9'000, ' ') + "\r\n" + blank_lines;
    for (const std::size_t cut : {std::size_t{0}, std::size_t{4095}, std::size_t{4096}, line.size() + 1}) {
        CHECK(canonical_body(body, Canonicalization::relaxed, cut) == line + "\r\n" + blank_lines + "y\r\n");
        CHECK(canonical_body(body, Canonicalization::simple, cut) ==
              line + "\r\n" + blank_lines + "y" + std::string(9'000, ' ') + "\r\n");
    }
}
