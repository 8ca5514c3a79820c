// POP3's commands, status lines and byte-stuffing as tables. RFC 1939, RFC 2449 §3.
#include <doctest/doctest.h>

#include <string>
#include <variant>

#include "protocols/mime/summary.h"
#include "protocols/pop3/wire/message_text.h"
#include "protocols/pop3/wire/parser.h"
#include "protocols/pop3/wire/reply.h"

namespace wire = pop3::wire;

namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

std::string optional_number(const std::optional<wire::MessageNumber>& number) {
    return number ? " " + std::to_string(*number) : "";
}

// The command in a normal form, or the error text.
std::string described(std::string_view line) {
    const base::Parsed<wire::ParsedCommand> parsed = wire::parse_command(line);
    if (const auto* error = std::get_if<base::SyntaxError>(&parsed)) return "error: " + error->what;
    const wire::ParsedCommand& command = std::get<wire::ParsedCommand>(parsed);
    const std::string arguments = std::visit(
        Overloaded{[](const wire::User& c) { return " <" + c.name + ">"; },
                   [](const wire::Pass& c) { return " <" + c.password + ">"; },
                   [](const wire::Auth& c) { return " " + c.mechanism + " " + c.initial_response.value_or("-"); },
                   [](const wire::List& c) { return optional_number(c.message); },
                   [](const wire::Uidl& c) { return optional_number(c.message); },
                   [](const wire::Retr& c) { return optional_number(c.message); },
                   [](const wire::Dele& c) { return optional_number(c.message); },
                   [](const wire::Top& c) { return optional_number(c.message) + " " + std::to_string(c.lines); },
                   [](const wire::Lang& c) { return " " + c.range; }, [](const auto&) { return std::string(); }},
        command.command);
    return std::string(command.rule->keyword) + arguments;
}

}  // namespace

TEST_CASE("commands (RFC 1939 §5-7, in any case)") {
    struct Row {
        const char* line;
        const char* expected;
    };
    const Row rows[] = {
        {"user bob", "USER <bob>"},
        {"USER bob smith@hamburger.edu", "USER <bob smith@hamburger.edu>"},
        {"USER", "error: A user name is wanted"},
        {"USER \xff", "error: The user name is not UTF-8"},
        {"pass hungry", "PASS <hungry>"},
        {"PASS  two  spaces ", "PASS < two  spaces >"},
        {"PASS", "error: A password is wanted"},
        {"stat", "STAT"},
        {"STAT 1", "error: This command takes no argument"},
        {"STAT ", "STAT"},
        {"list", "LIST"},
        {"LIST 2", "LIST 2"},
        {"LIST  2 ", "LIST 2"},
        {"LIST x", "error: A message number is wanted"},
        {"retr 1", "RETR 1"},
        {"RETR 0", "RETR 0"},
        {"RETR", "error: A message number is wanted"},
        {"RETR 4294967296", "error: A message number is wanted"},
        {"RETR -1", "error: A message number is wanted"},
        {"RETR 1 2", "error: A message number is wanted"},
        {"dele 1", "DELE 1"},
        {"TOP 1 0", "TOP 1 0"},
        {"TOP 1 18446744073709551615", "TOP 1 18446744073709551615"},
        {"TOP 1", "error: A message number and a number of lines are wanted"},
        {"UIDL", "UIDL"},
        {"UIDL 3", "UIDL 3"},
        {"noop", "NOOP"},
        {"rset", "RSET"},
        {"quit", "QUIT"},
        {"CAPA", "CAPA"},
        {"STLS", "STLS"},
        {"UTF8", "UTF8"},
        {"LANG", "LANG "},
        {"LANG *", "LANG *"},
        {"AUTH", "AUTH  -"},
        {"AUTH PLAIN", "AUTH PLAIN -"},
        {"AUTH PLAIN =", "AUTH PLAIN ="},
        {"auth plain  AGJvYgBodW5ncnk=", "AUTH plain AGJvYgBodW5ncnk="},
        {"APOP mrose c4c9334bac560ecc979e58001b3e22fb", "error: Unknown command"},
        {"", "error: Unknown command"},
        {"XYZZY", "error: Unknown command"},
        {"LISTEN", "error: Unknown command"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.line);
        CHECK(described(row.line) == row.expected);
    }
}

TEST_CASE("nothing secret comes into the log") {
    CHECK(wire::without_secrets("pass hungry") == "PASS [masked]");
    CHECK(wire::without_secrets("AUTH PLAIN AGJvYgBodW5ncnk=") == "AUTH [masked]");
    CHECK(wire::without_secrets("hungry") == "[6 octets]");
    CHECK(wire::without_secrets("RETR 1") == "RETR 1");
}

TEST_CASE("status lines keep to their limit and to one line") {
    std::string out;
    wire::append_ok(out, "a\r\nb");
    wire::append_error(out, "wrong", wire::code::auth);
    CHECK(out == "+OK a  b\r\n-ERR [AUTH] wrong\r\n");
    out.clear();
    wire::append_error(out, std::string(2000, 'x'), wire::code::sys_temp);
    CHECK(out.size() <= 512);
}

namespace {

std::string sent(std::string_view content, std::optional<std::uint64_t> lines, std::size_t cut) {
    wire::MessageText text(lines);
    std::string out;
    text.append(content.substr(0, cut), out);
    if (!text.complete()) text.append(content.substr(cut), out);
    text.finish(out);
    return out;
}

}  // namespace

TEST_CASE("messages as RETR and TOP send them, cut at every octet") {
    using namespace std::string_literals;
    struct Row {
        std::string content;
        std::optional<std::uint64_t> lines;
        std::string expected;
    };
    const Row rows[] = {
        {"A: b\r\n\r\nbody\r\n", {}, "A: b\r\n\r\nbody\r\n.\r\n"},
        {".\r\n..x\r\n\r\n.\r\n", {}, "..\r\n...x\r\n\r\n..\r\n.\r\n"},
        {"A: b\r\n\r\nno end", {}, "A: b\r\n\r\nno end\r\n.\r\n"},
        {"A: b\r\n\r\nends in CR\r", {}, "A: b\r\n\r\nends in CR\r\n.\r\n"},
        {"A: b\r\n", {}, "A: b\r\n\r\n.\r\n"},  // the blank line that Outlook Express needs
        {"", {}, "\r\n.\r\n"},
        {"A: b\r\n\r\nx\n.\ny\r\n", {}, "A: b\r\n\r\nx\r\n..\r\ny\r\n.\r\n"},
        // Outlook fails on NUL octets (CLIENTS.md 21).
        {"A: b\r\n\r\na\0b\r\n"s,
         {},
         "A: b\r\n\r\na\x80"
         "b\r\n.\r\n"},
        {"A: b\r\n\r\n1\r\n2\r\n3\r\n", 0, "A: b\r\n\r\n.\r\n"},
        {"A: b\r\n\r\n1\r\n.2\r\n3\r\n", 2, "A: b\r\n\r\n1\r\n..2\r\n.\r\n"},
        {"A: b\r\n\r\n1\r\n2\r\n3\r\n", 9, "A: b\r\n\r\n1\r\n2\r\n3\r\n.\r\n"},
        {"\r\n\r\n\r\n", 1, "\r\n\r\n.\r\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.content);
        for (std::size_t cut = 0; cut <= row.content.size(); ++cut)
            CHECK(sent(row.content, row.lines, cut) == row.expected);
    }
}

TEST_CASE("a message is sent in as many octets as its summary says (RFC 1939 §11)") {
    const std::string_view contents[] = {
        "Subject: x\r\n\r\nbody\r\n",
        "Subject: x\n\nbody\nmore\n",
        "Subject: x\n\r\nbody",
        "Subject: x\r\n\r\nbody\r",
        "Subject: x",
        "Subject: x\r\n",
        "Subject: x\r\n\r",
        "Subject: x\nbody\nmore",
        "",
        "\n",
        "\r\n",
        "\r",
        "x",
        "\rx\n\n",
        "Subject: x\r\r\n\r\n.dot\n..\n",
        "Subject: gr\xc3\xbc\xc3\x9f\n\nbody\n",
    };
    for (const std::string_view content : contents) {
        CAPTURE(content);
        std::string all = sent(content, std::nullopt, 0);
        REQUIRE(all.ends_with(".\r\n"));
        all.resize(all.size() - 3);
        std::size_t octets = all.size();
        for (std::size_t at = 0; at < all.size(); at = std::min(all.find('\n', at), all.size() - 1) + 1) {
            if (all[at] == '.') --octets;  // byte-stuffing does not count
        }
        for (std::size_t cut = 0; cut <= content.size(); ++cut) {
            mime::Summarizer summarizer;
            summarizer.feed(content.substr(0, cut));
            summarizer.feed(content.substr(cut));
            CHECK(summarizer.finish().text_octets == octets);
        }
    }
}
