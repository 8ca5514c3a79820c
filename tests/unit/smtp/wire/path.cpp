// Paths and address literals by the grammar of RFC 5321 §4.1.2 and §4.1.3, with its examples.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "protocols/smtp/wire/path.h"

namespace {

using smtp::wire::Cursor;

struct PathRow {
    std::string_view text;
    std::optional<std::string_view> address;  // nullopt: refused
};

std::optional<std::string> forward(std::string_view text) {
    Cursor cursor(text);
    const auto path = smtp::wire::parse_forward_path(cursor);
    if (!path || !cursor.at_end()) return std::nullopt;
    return path->address;
}

std::optional<std::string> reverse(std::string_view text) {
    Cursor cursor(text);
    const auto path = smtp::wire::parse_reverse_path(cursor);
    if (!path || !cursor.at_end()) return std::nullopt;
    return path->address;
}

constexpr PathRow both_ways[] = {
    {"<Smith@bar.com>", "Smith@bar.com"},
    {"<@hosta.int,@jkl.org:userc@d.bar.org>", "userc@d.bar.org"},  // RFC 5321 appendix C
    {"<@a.example:b@c.example>", "b@c.example"},
    {"<a.b+c@example.org>", "a.b+c@example.org"},
    {"<!#$%&'*+-/=?^_`{|}~@example.org>", "!#$%&'*+-/=?^_`{|}~@example.org"},
    {"<\"Joe\\,Smith\"@foo.com>", "\"Joe,Smith\"@foo.com"},
    {"<\"bob\"@example.org>", "bob@example.org"},
    {"<\"a b\"@example.org>", "\"a b\"@example.org"},
    {"<\"a\\\"b\\\\c\"@example.org>", "\"a\\\"b\\\\c\"@example.org"},
    {"<\"\"@example.org>", "\"\"@example.org"},
    {"<\"a@b>c\"@example.org>", "\"a@b>c\"@example.org"},
    {"<user@[192.0.2.1]>", "user@[192.0.2.1]"},
    {"<user@[IPv6:2001:db8::1]>", "user@[IPv6:2001:db8::1]"},
    {"<\xce\xb4\xce\xbf\xce\xba@\xcf\x80.example>", "\xce\xb4\xce\xbf\xce\xba@\xcf\x80.example"},  // RFC 6531
    {"<a@localhost>", "a@localhost"},
    {"<a..b@c>", "a..b@c"},  // CLIENTS.md 29: passed on unchanged
    {"<.a@c>", ".a@c"},
    {"<a.@c>", "a.@c"},
    {"<\"a..b\"@c>", "\"a..b\"@c"},
    {"<a@my_host.example>", "a@my_host.example"},
    {"", std::nullopt},
    {"<", std::nullopt},
    {"<a@b", std::nullopt},
    {"a@b", std::nullopt},
    {"<a>", std::nullopt},
    {"<@b>", std::nullopt},
    {"<a@>", std::nullopt},
    {"<a@b@c>", std::nullopt},
    {"<..@>", std::nullopt},
    {"<a b@c>", std::nullopt},
    {"<a@-c>", std::nullopt},
    {"<a@c->", std::nullopt},
    {"<a@c..d>", std::nullopt},
    {"<a@c.>", std::nullopt},
    {"<a@.c>", std::nullopt},
    {"<a@[192.0.2.256]>", std::nullopt},
    {"<a@[192.0.2]>", std::nullopt},
    {"<\"a@c>", std::nullopt},
    {"<\"a\\", std::nullopt},
    {"<\"a\tb\"@c>", std::nullopt},
    {"<@a:>", std::nullopt},
    {"<@a,b:c@d>", std::nullopt},
};

}  // namespace

TEST_CASE("paths") {
    for (const PathRow& row : both_ways) {
        CAPTURE(row.text);
        CHECK(forward(row.text) == row.address);
        CHECK(reverse(row.text) == row.address);
    }
}

TEST_CASE("the null reverse-path and postmaster without a domain") {
    CHECK(reverse("<>") == "");
    CHECK(!forward("<>"));
    CHECK(forward("<Postmaster>") == "Postmaster");
    CHECK(forward("<postMASTER>") == "postMASTER");
    CHECK(!reverse("<Postmaster>"));
}

// Printers and cameras: cosullivan/SmtpServer#219, ChangemakerStudios/Papercut-SMTP#183 (CLIENTS.md 30).
TEST_CASE("brackets may be left out where that is asked for, and only whole") {
    using smtp::wire::Brackets;
    constexpr PathRow rows[] = {
        {"scanner@crepes.fr", "scanner@crepes.fr"},
        {"<scanner@crepes.fr>", "scanner@crepes.fr"},
        {"\"a b\"@crepes.fr", "\"a b\"@crepes.fr"},
        {"postmaster", "postmaster"},
        {"", std::nullopt},
        {"<a@b", std::nullopt},
        {"a@b>", std::nullopt},
        {"a", std::nullopt},
        {"a@", std::nullopt},
        {"@b", std::nullopt},
        {"@a:b@c", std::nullopt},
        {"a@b,c@d", std::nullopt},
    };
    for (const PathRow& row : rows) {
        CAPTURE(row.text);
        Cursor cursor(row.text);
        const auto path = smtp::wire::parse_forward_path(cursor, Brackets::optional);
        const std::optional<std::string> address =
            path && cursor.at_end() ? std::optional(path->address) : std::nullopt;
        CHECK(address == row.address);
    }
    Cursor parameters("a@b SIZE=1");
    CHECK(smtp::wire::parse_reverse_path(parameters, Brackets::optional)->address == "a@b");
    CHECK(parameters.rest() == " SIZE=1");
}

TEST_CASE("a path has a limit") {
    const std::string longest = "<" + std::string(smtp::wire::max_path_octets - 8, 'a') + "@b.org>";
    CHECK(longest.size() <= smtp::wire::max_path_octets);
    CHECK(forward(longest));
    CHECK(!forward("<" + std::string(smtp::wire::max_path_octets, 'a') + "@b.org>"));
    CHECK(!forward("<a@" + std::string(300, 'b') + ">"));
}

TEST_CASE("address literals") {
    static constexpr std::string_view good[] = {
        "[127.0.0.1]",      "[255.255.255.255]",           "[IPv6:::]",
        "[IPv6:::1]",       "[ipv6:2001:DB8:0:0:0:0:0:1]", "[IPv6:1:2:3:4:5:6:7:8]",
        "[IPv6:fe80::1:2]", "[IPv6:::ffff:192.0.2.1]",     "[IPv6:1:2:3:4:5:6:192.0.2.1]",
        "[IPv6:1::]",       "[x-tag:anything@here]",
    };
    static constexpr std::string_view bad[] = {
        "127.0.0.1",
        "[]",
        "[1.2.3.4.5]",
        "[1.2.3.]",
        "[01234.1.1.1]",
        "[IPv6:1:2:3:4:5:6:7]",
        "[IPv6:1::2::3]",
        "[IPv6:12345::]",
        "[IPv6::1:2]",
        "[IPv6:g::]",
        "[IPv6:1:2:3:4:5:6:7::8]",
        "[IPv6:1:2:3:4:5:6:7:8:9]",
        "[tag]",
        "[:x]",
        "[tag:]",
        "[tag-:x]",
        "[tag:a b]",
        "[IPv6:192.0.2.1::]",
    };
    for (const std::string_view text : good) {
        CAPTURE(text);
        CHECK(smtp::wire::is_address_literal(text));
    }
    for (const std::string_view text : bad) {
        CAPTURE(text);
        CHECK(!smtp::wire::is_address_literal(text));
    }
}
