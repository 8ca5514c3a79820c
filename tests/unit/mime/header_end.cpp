// The end of a header section: RFC 5322 §2.1, and what occurs in place of the blank line.
#include "protocols/mime/header_end.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "protocols/mime/summary.h"

TEST_CASE("the header section by its lines, as the message parser has it") {
    struct Row {
        std::string_view section;
        std::string_view body;
    };
    const Row rows[] = {
        {"Subject: x\r\n\r\n", "body\r\n"},
        {"\r\n", "body\r\n"},
        {"", ""},
        {"Subject: x\r\n", ""},
        {"Subject: x", ""},
        {"Subject: x\n\n", "body\n"},
        // First a line that is not a field, then a field: the line is skipped.
        {"Microsoft Mail Internet Headers Version 2.0\r\nSubject: x\r\n\r\n", "body\r\n"},
        {" folded into nothing\r\nSubject: x\r\n\r\n", "body\r\n"},
        {">From a@b\r\nSubject: x\r\n\r\n", "body\r\n"},
        {"From a@b Mon Jan  1 00:00:00 2024\r\nSubject: x\r\n\r\n", "body\r\n"},
        {"Subject: x\r\nno field\r\nTo: a@b\r\n\r\n", "body\r\n"},
        // A line that is not a field, and no field after it: the blank line is missing.
        {"", "hello\r\nworld\r\n"},
        {"", "hello\r\n\r\nworld\r\n"},
        {"", "hello"},
        {"", " hello\r\n world: you\r\n"},
        {"", "one\r\ntwo\r\nSubject: x\r\n\r\n"},
        {"Subject: x\r\n", "Do you like ketchup?\r\nHow about pickles?\r\n"},
        {"Subject: x\r\n", "hello\r\n"},
        {"Subject: x\r\n", "hello"},
        {"Subject: x\r\n", "--b\r\nTo: a@b\r\n"},
        {"From a@b Mon Jan  1 00:00:00 2024\r\n\r\n", "body\r\n"},
        {"From a@b Mon Jan  1 00:00:00 2024\r\n", " body\r\n\r\n"},
        {"Subject: x\r\n", "From a@b\r\nbody\r\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.section);
        CAPTURE(row.body);
        const std::string message = std::string(row.section) + std::string(row.body);
        CHECK(mime::header_section_octets(message) == row.section.size());
        CHECK(mime::summarize(message).header_octets == row.section.size());
        for (std::size_t size = 0; size <= message.size(); ++size) {  // for any received part of it
            CAPTURE(size);
            const std::string_view beginning = std::string_view(message).substr(0, size);
            CHECK(mime::header_section_octets(beginning) == mime::summarize(beginning).header_octets);
        }
    }
}

TEST_CASE("only a whole message may begin with an mbox line") {
    using Verdict = mime::HeaderEnd::Verdict;
    CHECK(mime::HeaderEnd(true).judge("From a@b") == Verdict::mbox_line);
    CHECK(mime::HeaderEnd(false).judge("From a@b") == Verdict::in_doubt);
    mime::HeaderEnd rule;
    CHECK(rule.judge("Subject: x") == Verdict::inside);
    CHECK(rule.judge("From a@b") == Verdict::in_doubt);
    CHECK(rule.in_doubt());
    CHECK(rule.judge("To: a@b") == Verdict::inside);
    CHECK_FALSE(rule.in_doubt());
}
