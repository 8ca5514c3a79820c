// Modified UTF-7, patterns, sequence sets, dates, rules.
#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/imap/wire/date_time.h"
#include "protocols/imap/wire/list_pattern.h"
#include "protocols/imap/wire/mutf7.h"
#include "protocols/imap/wire/parse/rules.h"
#include "protocols/imap/wire/sequence_set.h"

using namespace imap::wire;

TEST_CASE("modified UTF-7, RFC 3501 §5.1.3") {
    const std::vector<std::pair<std::string_view, std::string_view>> both_ways = {
        {"INBOX", "INBOX"},
        {"", ""},
        {"a&-b", "a&b"},
        {"&-", "&"},
        {"&-&-", "&&"},
        {"~peter/mail/&U,BTFw-/&ZeVnLIqe-",
         "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
        {"Entw&APw-rfe", "Entw\xc3\xbcrfe"},
        {"&Jjo-!", "\xe2\x98\xba!"},
        {"&2D3eAA-", "\xf0\x9f\x98\x80"},
        {"&AOQ-&-&AOQ-", "\xc3\xa4&\xc3\xa4"},
        {"&AAk-", "\t"},
    };
    for (const auto& [wire, utf8] : both_ways) {
        CAPTURE(wire);
        CHECK(decode_mutf7(wire) == std::optional<std::string>(utf8));
        std::string encoded;
        append_mutf7(encoded, utf8);
        CHECK(encoded == wire);
    }
    const std::vector<std::string_view> broken = {
        "&",
        "a&b",
        "&Jjo",
        "&Jjo!",               // not closed
        "&U,BTFw-&ZeVnLIqe-",  // superfluous shift
        "&AGE-",               // printable ASCII in base64
        "&Jj-",
        "&J-",
        "&JjoA-",
        "&Jjp-",  // odd octets, left-over bits
        "&2D0-",
        "&3gA-",
        "&3gDYPQ-",  // half of a surrogate pair, swapped
        "&AAA-",
        "\xc3\xa4",
        "a\tb",
        "a\x7f",
        "&Jj/-",
        "&=-",  // NUL, 8-bit, control, alphabet
    };
    for (const std::string_view name : broken) {
        CAPTURE(name);
        CHECK_FALSE(decode_mutf7(name));
    }
    std::string mended;
    append_mutf7(mended,
                 "a\xff"
                 "b");
    CHECK(mended == "a&,,0-b");
}

TEST_CASE("LIST patterns, RFC 9051 §6.3.9") {
    struct Row {
        std::string pattern;
        std::string name;
        bool matches;
    };
    const std::vector<Row> rows = {
        {"*", "a/b/c", true},
        {"*", "", true},
        {"%", "a", true},
        {"%", "a/b", false},
        {"%/%", "a/b", true},
        {"%/%", "a/b/c", false},
        {"a/%", "a/b", true},
        {"a/%", "a", false},
        {"a*", "a/b", true},
        {"a%", "a/b", false},
        {"*b", "a/b", true},
        {"%b", "a/b", false},
        {"inbox", "INBOX", true},
        {"InB%", "INBOX", true},
        {"inbox/x", "INBOX/x", true},
        {"inbox/X", "INBOX/x", false},
        {"inboxes", "INBOXES", false},
        {"foo", "FOO", false},
        {"", "", true},
        {"", "a", false},
        {"a", "a", true},
        {"a", "ab", false},
        {"*%*", "x/y", true},
        {"%a%b", "xaxb", true},
        {"%a%b", "xa/b", false},
        {"*/b", "a/a/b", true},
        {"a*c%e", "abcde", true},
        {"a*c%e", "abc/e", false},
        {"a*c%e", "ac/cde", true},
        {"**%%", "a/b", true},
        {"%%%%", "abc", true},
        {"%%%%", "a/b", false},
        {"%*%", "a/b", true},
        {"a%*%b", "a/x/b", true},
        {"%inbox", "INBOX", true},
        {"%INBOX%", "INBOXES", true},
        {"%inbox%", "INBOXES", false},
        {"INBOX/%X", "INBOX/x", false},
        {"inBOX/%x", "INBOX/x", true},
        {std::string(200, 'a') + "%" + std::string(200, 'b'), std::string(200, 'a') + "c" + std::string(200, 'b'),
         true},
        {std::string(200, 'a') + "%" + std::string(200, 'b'), std::string(199, 'a') + "c" + std::string(201, 'b'),
         false},
        {std::string(200, 'a') + "*" + std::string(63, 'b'), std::string(200, 'a') + "/" + std::string(63, 'b'), true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern);
        CAPTURE(row.name);
        CHECK(matches_list_pattern(row.pattern, row.name, '/') == row.matches);
    }
    // Whatever pattern a client writes, time is at most the product of the lengths.
    std::string pattern;
    for (int i = 0; i < 500; ++i) pattern += "*a";
    CHECK_FALSE(matches_list_pattern(pattern + "b", std::string(1000, 'a'), '/'));

    CHECK(join_reference("", "*", '/') == "*");
    CHECK(join_reference("foo/", "bar%", '/') == "foo/bar%");
    CHECK(join_reference("foo", "/bar", '/') == "/bar");
}

TEST_CASE("sequence sets") {
    const auto resolved = [](std::string_view text, std::uint32_t largest) {
        std::string out;
        append_sequence_set(out, parse_sequence_set(text, 100)->resolved(largest));
        return out;
    };
    CHECK(resolved("2,4:7,9,12:*", 15) == "2,4:7,9,12:15");  // RFC 9051 §9
    CHECK(resolved("*:4,5:7", 10) == "4:10");
    CHECK(resolved("4:2", 10) == "2:4");
    CHECK(resolved("3291:*", 100) == "100:3291");
    CHECK(resolved("*", 7) == "7");
    CHECK(resolved("*:*", 7) == "7");
    CHECK(resolved("5,1,3,2,4", 7) == "1:5");
    CHECK(resolved("1:3,3:5,7", 7) == "1:5,7");
    CHECK(resolved("1:*", 0).empty());
    CHECK(resolved("4294967295,4294967294", 7) == "4294967294:4294967295");
    CHECK(parse_sequence_set("$", 1)->saved_result);
    CHECK(parse_sequence_set("1,2", 2)->ranges.size() == 2);
    CHECK_FALSE(parse_sequence_set("1,2,3", 2));
    for (const std::string_view bad :
         {"", "0", "1:", ":1", "1,", ",1", "1:2:3", "a", "1 ", "01", "-1", "1:0", "$,1", "**", "1*", "4294967296"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_sequence_set(bad, 100));
    }
    CHECK(parse_sequence_set("1,9:3,*", 100)->largest_named() == 9);
    CHECK(parse_sequence_set("1,9:3,*", 100)->has_star());
    CHECK_FALSE(parse_sequence_set("1,9:3", 100)->has_star());

    SequenceSetBuilder builder;
    for (const std::uint32_t number : {304U, 319U, 320U, 318U, 1U, 2U, 3U}) builder.add(number);
    CHECK(builder.text() == "304,319:320,318,1:3");
}

TEST_CASE("date-time, RFC 9051 §2.3.3") {
    const auto printed = [](std::string_view text) -> std::string {
        const std::optional<DateTime> when = parse_date_time(text);
        if (!when) return "?";
        std::string out;
        append_date_time(out, *when);
        return out;
    };
    const std::optional<DateTime> when = parse_date_time("17-Jul-1996 02:44:25 -0700");
    REQUIRE(when);
    CHECK(when->unix_seconds == 837596665);
    CHECK(when->zone_minutes == -420);
    CHECK(printed("17-Jul-1996 02:44:25 -0700") == "\"17-Jul-1996 02:44:25 -0700\"");
    CHECK(printed(" 1-jan-1970 00:00:00 +0000") == "\" 1-Jan-1970 00:00:00 +0000\"");
    CHECK(printed("01-Jan-1970 00:00:00 +0530") == "\" 1-Jan-1970 00:00:00 +0530\"");
    CHECK(printed("1-Jan-1970 00:00:00 +0000") == "\" 1-Jan-1970 00:00:00 +0000\"");
    CHECK(printed("29-Feb-2024 23:59:60 -0130") == "\" 1-Mar-2024 00:00:00 -0130\"");
    CHECK(printed("31-Dec-9999 23:59:59 +0000") != "?");
    for (const std::string_view bad :
         {"", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-1996 02:44:25 0700", "17-Jul-1996 2:44:25 -0700",
          "17-Jul-96 02:44:25 -0700", "30-Feb-2024 00:00:00 +0000", "29-Feb-2023 00:00:00 +0000",
          "17-Jux-1996 02:44:25 -0700", "17-Jul-1996 24:00:00 -0700", "17-Jul-1996 00:60:00 -0700",
          "17-Jul-1996 00:00:00 -2400", "17-Jul-1996 00:00:00 -0060", "17-Jul-1996 00:00:00 -07:0",
          "0-Jul-1996 00:00:00 +0000", "17-Jul-1996  0:00:00 +0000", "17-Jul-1996 00:00:00 +0000 "}) {
        CAPTURE(bad);
        CHECK(printed(bad) == "?");
    }
    std::string far;
    append_date_time(far, {std::numeric_limits<std::int64_t>::max(), 1439});
    append_date_time(far, {std::numeric_limits<std::int64_t>::min(), -1439});
    CHECK(far.size() == 56);
}

TEST_CASE("rules and capabilities") {
    REQUIRE(find_rule("uid fetch") != nullptr);
    CHECK(find_rule("uid fetch")->numbers == Numbers::uid);
    CHECK(find_rule("FETCH")->numbers == Numbers::message);
    CHECK(find_rule("FETCH")->states == state::selected);
    CHECK(find_rule("login")->states == state::not_authenticated);
    CHECK(find_rule("FETCHX") == nullptr);
    CHECK(find_rule("") == nullptr);
    const std::string before = " " + std::string(capabilities(state::not_authenticated)) + " ";
    const std::string after = " " + std::string(capabilities(state::authenticated)) + " ";
    for (const std::string_view name :
         {" IMAP4rev1 ", " IMAP4rev2 ", " LITERAL+ ", " SASL-IR ", " ID ", " ENABLE ", " IDLE "}) {
        CHECK(before.find(name) != std::string::npos);
    }
    CHECK(before.find("MOVE") == std::string::npos);
    CHECK(before.find("LITERAL-") == std::string::npos);
    CHECK(after.find("LITERAL-") == std::string::npos);
    for (const std::string_view name :
         {" IMAP4rev1 ", " IMAP4rev2 ", " LITERAL+ ", " IDLE ", " QRESYNC ", " MULTISEARCH ", " SEARCHRES ",
          " ESEARCH ", " NAMESPACE ", " UIDPLUS ", " MOVE ", " SPECIAL-USE ", " CHILDREN ", " UNSELECT ", " CONDSTORE ",
          " ENABLE ", " ID "}) {
        CAPTURE(name);
        CHECK(after.find(name) != std::string::npos);
        CHECK(after.find(name) == after.rfind(name));
    }
    CHECK(capabilities(state::selected) == capabilities(state::authenticated));
}
