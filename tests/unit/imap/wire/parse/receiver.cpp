// Literals checked before they are read, streams of messages, and hostile clients.
#include "protocols/imap/wire/parse/receiver.h"
#include "protocols/imap/wire/any_command.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/unit/imap/wire/parse/describe.h"

namespace {

using namespace imap::wire;
using imap_test::joined;
using imap_test::receive;
using Events = std::vector<std::string>;

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

// Every command of a stream, with the same events wherever it is cut.
void check_stream(std::string_view octets, const Events& events) {
    CAPTURE(octets);
    CHECK(joined(receive(octets)) == joined(events));
    std::size_t differing = 0;
    for (std::size_t cut = 1; cut < octets.size(); ++cut) {
        if (receive(octets, {cut}) != events) ++differing;
    }
    CHECK(differing == 0);
}

}  // namespace

TEST_CASE("commands in a row, with literals between") {
    check_stream("a NOOP\r\nb LOGIN {1+}\r\nx {2+}\r\ny}\r\nc CHECK\r\n", {"a: NOOP", "b: LOGIN x \"y}\"", "c: CHECK"});
    // Literals may contain text that looks like a line end, an announcement or a command.
    check_stream("a LOGIN {7+}\r\nx\r\n{9}\r {2}\r\n\r\n\r\nb NOOP\r\n",
                 {"a: LOGIN {7}\r\nx\r\n{9}\r {2}\r\n\r\n", "b: NOOP"});
}

TEST_CASE("APPEND yields each message, RFC 3502") {
    check_stream(
        "A003 APPEND saved-messages (\\Seen) {3}\r\nabc (\\Seen) \" 7-Feb-1994 22:43:04 -0800\" {4+}\r\n\r\nxy\r\nb "
        "NOOP\r\n",
        {"A003: APPEND saved-messages (\\Seen) 3", "message (\\Seen) \" 7-Feb-1994 22:43:04 -0800\" 4+", "end",
         "b: NOOP"});
    check_stream("a APPEND x {0}\r\n\r\nb NOOP\r\n", {"a: APPEND x () 0", "end", "b: NOOP"});
    check_stream("a APPEND x UTF8 (~{2+}\r\nab) UTF8 (~{2}\r\nab)\r\nb NOOP\r\n",
                 {"a: APPEND x () 2+ binary utf8", "message () 2 binary utf8", "end", "b: NOOP"});
    check_stream(
        "a APPEND x UTF8 (~{2+}\r\nab\r\nb NOOP\r\n",
        {"a: APPEND x () 2+ binary utf8", "a BAD Expected ')' behind the UTF8 literal (at octet 1).", "b: NOOP"});
    check_stream("a APPEND x {2+}\r\nabc\r\nb NOOP\r\n",
                 {"a: APPEND x () 2+", "a BAD Expected a space (at octet 1).", "b: NOOP"});
    // The second message is malformed, but its octets still come, and the third's.
    check_stream("a APPEND x {2+}\r\nab (\\Foo) {3+}\r\nabc {1+}\r\nx\r\nb NOOP\r\n",
                 {"a: APPEND x () 2+", "skip 3", "skip 1",
                  "a BAD This system flag does not exist or cannot be changed (at octet 4).", "b: NOOP"});
}

TEST_CASE("CATENATE yields its parts as they come, RFC 4469") {
    check_stream(
        "A003 APPEND Drafts (\\Seen) CATENATE (URL \"/Drafts;UIDVALIDITY=3/;UID=20/;section=HEADER\" TEXT {6+}\r\n"
        "\r\n--\r\n URL \"/a/;UID=1\" URL /b/;UID=2 TEXT {2}\r\nab)\r\nb NOOP\r\n",
        {"A003: APPEND Drafts (\\Seen) catenate url \"/Drafts;UIDVALIDITY=3/;UID=20/;section=HEADER\" 6+",
         "url \"/a/;UID=1\" url \"/b/;UID=2\" 2", "end", "b: NOOP"});
    // Without a literal it is complete at once; RFC 3502: other messages may follow, of either kind.
    check_stream("a APPEND x CATENATE (URL /b/;UID=2)\r\nb NOOP\r\n",
                 {"a: APPEND x () catenate url \"/b/;UID=2\" end", "b: NOOP"});
    check_stream(
        "a APPEND x CATENATE (URL /b) (\\Seen) CATENATE (URL /c URL /d) {3+}\r\nabc CATENATE (URL /e)\r\n"
        "b NOOP\r\n",
        {"a: APPEND x () catenate url /b message (\\Seen) catenate url /c url /d message () 3+",
         "message () catenate url /e end", "b: NOOP"});
    // RFC 6855 §4: utf8-literal is a part too. A URL is an astring, so it may be a literal.
    check_stream(
        "a APPEND x CATENATE (UTF8 (~{2+}\r\nab) URL {2+}\r\n/c TEXT ~{1+}\r\nx URL {3}\r\n/de)\r\nb "
        "NOOP\r\n",
        {"a: APPEND x () catenate 2+ binary utf8", "url 2+", "1+ binary", "url 3", "end", "b: NOOP"});
    check_stream("a APPEND x CATENATE (TEXT {2+}\r\nab\r\nb NOOP\r\n",
                 {"a: APPEND x () catenate 2+", "a BAD A list is not closed (at octet 1).", "b: NOOP"});
    check_stream("a APPEND x CATENATE (TEXT {2+}\r\nab TEXTS {1+}\r\nc) {1+}\r\nd\r\nb NOOP\r\n",
                 {"a: APPEND x () catenate 2+", "skip 1", "skip 1", "a BAD Expected TEXT, URL or UTF8 (at octet 2).",
                  "b: NOOP"});
    check_stream("a APPEND x CATENATE ()\r\nb NOOP\r\n",
                 {"a BAD Expected TEXT, URL or UTF8 (at octet 22).", "b: NOOP"});
}

TEST_CASE("REPLACE brings one message, RFC 8508") {
    check_stream("A003 REPLACE 4 Drafts (\\Seen \\Draft) {3+}\r\nabc\r\nb NOOP\r\n",
                 {"A003: REPLACE 4 Drafts (\\Seen \\Draft) 3+", "end", "b: NOOP"});
    check_stream("a UID REPLACE 2000 Drafts CATENATE (TEXT {3+}\r\nabc URL /c)\r\nb NOOP\r\n",
                 {"a: UID REPLACE 2000 Drafts () catenate 3+", "url /c end", "b: NOOP"});
    check_stream("a REPLACE * x CATENATE (URL /c)\r\nb NOOP\r\n", {"a: REPLACE * x () catenate url /c end", "b: NOOP"});
    // RFC 8508 §4.7: no MULTIAPPEND.
    const std::string_view one = "a BAD Expected the end of the command: it takes one message (at octet ";
    check_stream("a REPLACE 1 x {1+}\r\na {1+}\r\nb\r\nb NOOP\r\n",
                 {"a: REPLACE 1 x () 1+", "skip 1", std::string(one) + "1).", "b: NOOP"});
    check_stream("a REPLACE 1 x CATENATE (URL /c) CATENATE (URL /d)\r\nb NOOP\r\n",
                 {std::string(one) + "32).", "b: NOOP"});
    for (const std::string_view set : {"1:2", "1,2", "1:*", "$"}) {
        const std::string octets = "a REPLACE " + std::string(set) + " x {1}\r\n";
        CHECK(receive(octets).front().starts_with("a BAD Expected the number of one message"));
    }
}

TEST_CASE("a URL's literal is limited") {
    const ReceiverLimits limits = {.max_literal = 10, .max_skip = 50};
    const std::string too_long = "a NO [LIMIT] The URL is too long.";
    CHECK(receive("a APPEND x CATENATE (URL {11}\r\nb NOOP\r\n", {}, limits) == Events{too_long, "b: NOOP"});
    CHECK(receive("a APPEND x CATENATE (TEXT {1+}\r\nx URL {11+}\r\n0123456789a)\r\nb NOOP\r\n", {}, limits) ==
          Events{"a: APPEND x () catenate 1+", "skip 11", too_long, "b: NOOP"});
    CHECK(receive("a APPEND x CATENATE (TEXT {4000000000}\r\n", {}, limits) ==
          Events{"a: APPEND x () catenate 4000000000"});
}

TEST_CASE("a command that is wrong already is refused before its literal") {
    check_stream("a FOO {5}\r\nb NOOP\r\n", {"a BAD Unknown command FOO (at octet 6).", "b: NOOP"});
    check_stream("a FOO {5+}\r\nab\r\nc {2+}\r\nxy\r\nb NOOP\r\n",
                 {"skip 5", "skip 2", "a BAD Unknown command FOO (at octet 6).", "b: NOOP"});
    check_stream("a FOO {5+}\r\nabcde {2}\r\nb NOOP\r\n",
                 {"skip 5", "a BAD Unknown command FOO (at octet 6).", "b: NOOP"});
    check_stream("a LOGIN {3+} \r\nb NOOP\r\n", {"a BAD A literal is cut short (at octet 13).", "b: NOOP"});
    check_stream("a APPEND x {3+} \r\nb NOOP\r\n",
                 {"a BAD Expected the end of the line behind the literal's announcement (at octet 16).", "b: NOOP"});
    check_stream("a SELECT \"x {3}\r\nb NOOP\r\n", {"a BAD A quoted string is not closed (at octet 16).", "b: NOOP"});
    check_stream("a LOGIN ~{3}\r\nb NOOP\r\n", {"a BAD Expected a space (at octet 10).", "b: NOOP"});
    check_stream("a NOOP {3+}\r\nabc\r\nb NOOP\r\n",
                 {"skip 3", "a BAD Expected the end of the command (at octet 7).", "b: NOOP"});
}

TEST_CASE("a command with many literals is parsed at two of them, and at its end") {
    const std::string good = " SUBJECT {1}";
    const std::string bad = " NONSENSE {1}";
    std::size_t checked = 0;
    for (std::size_t goods = 0; goods < 20; ++goods) {
        Receiver receiver;
        Event event = receiver.line("a SEARCH" + (goods == 0 ? bad : good));
        for (std::size_t i = 1; i <= goods; ++i) {
            REQUIRE(std::holds_alternative<NeedLiteral>(event));
            receiver.literal("x");
            event = receiver.line(i == goods ? bad : good);
        }
        if (std::holds_alternative<Rejected>(event)) {
            ++checked;
            continue;
        }
        receiver.literal("x");
        CHECK(std::holds_alternative<Rejected>(receiver.line("")));
    }
    CHECK(checked == 2);
}

TEST_CASE("limits on literals") {
    const ReceiverLimits limits = {.max_literal = 10, .max_command = 100, .max_literals = 2, .max_skip = 50};
    const std::string too_long = "a NO [LIMIT] The literal is too long.";
    CHECK(receive("a LOGIN {11}\r\nb NOOP\r\n", {}, limits) == Events{too_long, "b: NOOP"});
    CHECK(receive("a LOGIN {11+}\r\nabcdefghijk x\r\nb NOOP\r\n", {}, limits) ==
          Events{"skip 11", too_long, "b: NOOP"});
    CHECK(receive("a LOGIN {51+}\r\n", {}, limits) == Events{too_long + " FATAL"});
    CHECK(receive("a LOGIN {30+}\r\n" + repeated("x", 30) + " {30+}\r\n", {}, limits) ==
          Events{"skip 30", too_long + " FATAL"});
    CHECK(receive("a LOGIN {10}\r\n0123456789 x\r\n", {}, limits) == Events{"a: LOGIN 0123456789 x"});
    CHECK(receive("a SEARCH TO {1+}\r\na TO {1+}\r\nb TO {1}\r\n", {}, limits) ==
          Events{"a NO [LIMIT] Too many literals in one command."});
    CHECK(receive("a SEARCH TO " + repeated("x", 100) + "\r\n", {}, limits) ==
          Events{"a NO [LIMIT] The command is too long."});
    CHECK(receive("a LOGIN " + repeated("x", 80) + " {9}\r\n", {}, limits) == Events{too_long});
    // An APPEND's message is not a gathered literal.
    CHECK(receive("a APPEND x {4000000000}\r\n", {}, limits) == Events{"a: APPEND x () 4000000000"});
}

TEST_CASE("literals of absurd size") {
    const std::string too_long = "a NO [LIMIT] The literal is too long.";
    for (const std::string_view size : {"2147483648", "9223372036854775807", "9223372036854775808",
                                        "18446744073709551616", "99999999999999999999999999999999"}) {
        CAPTURE(size);
        CHECK(receive("a LOGIN {" + std::string(size) + "}\r\n") == Events{too_long});
        CHECK(receive("a LOGIN {" + std::string(size) + "+}\r\n") == Events{too_long + " FATAL"});
    }
    Receiver receiver;
    const Event event = receiver.line("a APPEND x {99999999999999999999999}");
    const AppendParts& parts = std::get<Append>(std::get<Command>(event).body).first;
    CHECK(std::get<AppendLiteral>(parts.parts.back()).octets == 9223372036854775807U);
}

TEST_CASE("nesting and numbers without end") {
    CHECK(receive("a SEARCH " + repeated("(", 10000) + "\r\n") == Events{"a BAD Nested too deeply (at octet 110)."});
    CHECK(receive("a SEARCH " + repeated("NOT ", 10000) + "ALL\r\n") ==
          Events{"a BAD Nested too deeply (at octet 410)."});
    CHECK(receive("a SEARCH " + repeated("OR ALL ", 10000) + "ALL\r\n").front().starts_with("a BAD Nested too deeply"));
    CHECK(receive("a SEARCH" + repeated(" SEEN", 10000) + "\r\n").front().starts_with("a BAD Too many search keys"));
    CHECK(receive("a SEARCH" + repeated(" SEEN", 2000) + "\r\n").front().starts_with("a: SEARCH and(\\Seen \\Seen"));
    CHECK(receive("a FETCH 1" + repeated(",3", 30000) + " FLAGS\r\n").front().starts_with("a BAD Too many ranges"));
    CHECK(receive("a FETCH 1 (" + repeated("FLAGS ", 2000) + ")\r\n").front().starts_with("a BAD Too many elements"));
    CHECK(receive("a FETCH 1 BODY[" + repeated("1.", 2000) + "1]\r\n")
              .front()
              .starts_with("a BAD The part number is too"));
    CHECK(receive("a STORE 1 +FLAGS" + repeated(" x", 2000) + "\r\n").front().starts_with("a BAD Too many flags"));
    CHECK(receive("a ENABLE" + repeated(" x", 2000) + "\r\n").front().starts_with("a BAD Too many capabilities"));
    CHECK(receive(repeated("t", 5000) + " FOO\r\n") == Events{"* BAD Unknown command FOO (at octet 5005)."});
}

TEST_CASE("NUL and other octets that have no place") {
    using namespace std::string_view_literals;
    CHECK(receive("a LOGIN {3+}\r\na\0b x\r\n"sv) == Events{"a BAD A literal holds a NUL octet (at octet 15)."});
    CHECK(receive("a LOGIN \"a\0b\" x\r\n"sv) == Events{"a BAD A quoted string is not closed (at octet 11)."});
    CHECK(receive("a LOGIN a\0b x\r\n"sv) == Events{"a BAD Expected a space (at octet 10)."});
    CHECK(receive("\0\r\n"sv) == Events{"* BAD Expected a tag (at octet 1)."});
    CHECK(receive("a NOOP\r\r\n"sv) == Events{"a BAD Expected the end of the command (at octet 7)."});
    CHECK(receive("a LOGIN \"a\nb\" x\r\n"sv) == Events{"a BAD A quoted string is not closed (at octet 11)."});
}

TEST_CASE("the session may refuse a literal that it was told of") {
    Receiver receiver;
    const auto text_of = [](const Event& event) {
        return std::get<Rejected>(event).tag + std::get<Rejected>(event).text;
    };

    REQUIRE(std::holds_alternative<NeedLiteral>(receiver.line("a LOGIN {5}")));
    CHECK(text_of(receiver.refuse(Rejected::Status::bad, "", "no")) == "ano");
    CHECK_FALSE(receiver.in_command());

    REQUIRE(std::holds_alternative<Command>(receiver.line("b APPEND x {5+}")));
    const Event skip = receiver.refuse(Rejected::Status::no, "TOOBIG", "too big");
    CHECK(std::get<SkipLiteral>(skip).octets == 5);
    CHECK(std::get<SkipLiteral>(receiver.line(" {7+}")).octets == 7);
    const Event last = receiver.line("");
    CHECK(std::get<Rejected>(last).tag == "b");
    CHECK(std::get<Rejected>(last).code == "TOOBIG");
    CHECK(std::get<Rejected>(last).status == Rejected::Status::no);
    CHECK(std::holds_alternative<Command>(receiver.line("c NOOP")));
}

TEST_CASE("every command cut short at any octet is refused or means something, and the next one is read") {
    const std::vector<std::string_view> lines = {
        "a LIST (SUBSCRIBED) \"\" (\"a\" %) RETURN (STATUS (MESSAGES) CHILDREN)",
        "a UID FETCH 1:3,* (BODY.PEEK[1.2.HEADER.FIELDS (a b)]<1.2> FLAGS) (CHANGEDSINCE 3 VANISHED)",
        "a SEARCH RETURN (MIN PARTIAL -1:-2) CHARSET UTF-8 OR (NOT SEEN) HEADER a \"b\\\"\" ON 1-Feb-1994",
        "a SELECT \"&ZeVnLIqe-\" (QRESYNC (1 2 3:4 (5 6)) CONDSTORE)",
        "a STORE 1 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen x)",
        "a CREATE x (USE (\\Drafts \\All))",
        "a ID (\"a\" \"b\" \"c\" NIL)",
        "a APPEND x (\\Seen) \" 1-Jan-2026 00:00:00 +0000\" CATENATE (URL \"/a/;UID=1\" URL /b) CATENATE (URL c)",
        "a UID REPLACE 3 x (\\Seen) \" 1-Jan-2026 00:00:00 +0000\" CATENATE (URL \"/a/;UID=1\" URL /b)",
    };
    for (const std::string_view line : lines) {
        for (std::size_t size = 0; size <= line.size(); ++size) {
            const Events events = receive(std::string(line.substr(0, size)) + "\r\nz NOOP\r\n");
            CHECK(events.size() == 2);
            CHECK(events.back() == "z: NOOP");
        }
    }
}

TEST_CASE("a line that is too long is answered by its tag, and what it announces is passed over") {
    const auto outcome = [](const Event& event) -> std::string {
        if (const auto* skip = std::get_if<SkipLiteral>(&event)) return "skip " + std::to_string(skip->octets);
        const auto* rejected = std::get_if<Rejected>(&event);
        if (rejected == nullptr) return "neither";
        return rejected->tag + (rejected->fatal ? " BYE" : rejected->status == Rejected::Status::bad ? " BAD" : " NO");
    };
    Receiver receiver;
    CHECK(outcome(receiver.line_too_long("a1 SELECT xxxx", "xxxx")) == "a1 BAD");
    CHECK(outcome(receiver.line_too_long("a2 SELECT xxxx", "xxxx {7}")) == "a2 BAD");  // no "+", so no literal
    CHECK(outcome(receiver.line_too_long("a3 SELECT xxxx", "xxxx {7+}")) == "skip 7");
    CHECK(receiver.in_command());
    CHECK(outcome(receiver.line(" xxxx {5+}")) == "skip 5");
    CHECK(outcome(receiver.line_too_long(" yyyyy", "yyyy {6+}")) == "skip 6");
    CHECK(outcome(receiver.line("")) == "a3 BAD");
    CHECK_FALSE(receiver.in_command());
    CHECK(outcome(receiver.line_too_long(std::string(160, 'x'), "xxxx {99999999999999999999+}")) == "* BYE");
    CHECK(outcome(receiver.line_too_long(std::string(160, 'x'), "xx")) == "* BAD");
    CHECK(std::holds_alternative<NeedLiteral>(receiver.line("a4 LOGIN {3+}")));
    receiver.literal("bob");
    CHECK(outcome(receiver.line_too_long(" xxx", "xxx")) == "a4 BAD");
    CHECK(std::holds_alternative<Append>(std::get<Command>(receiver.line("a5 APPEND INBOX {3+}")).body));
    CHECK(outcome(receiver.line_too_long(" (xxx", "xxx {4+}")) == "skip 4");
    CHECK(outcome(receiver.line("")) == "a5 BAD");
}
