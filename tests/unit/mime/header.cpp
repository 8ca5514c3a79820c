// Header sections: RFC 5322 §2.2, appendix A.4 and A.5 (obsolete white space), RFC 9051 §6.4.5.1 (subsets).
#include "protocols/mime/header.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using mime::HeaderFilter;
using mime::HeaderLine;

TEST_CASE("a header line is what its first octets say") {
    struct Row {
        std::string_view line;
        HeaderLine kind;
    };
    const Row rows[] = {
        {"\r\n", HeaderLine::blank},
        {"\n", HeaderLine::blank},
        {"", HeaderLine::blank},
        {"Subject: x\r\n", HeaderLine::field},
        {"Subject  : x\r\n", HeaderLine::field},  // RFC 5322 §4.5.8, appendix A.6.3
        {"X:", HeaderLine::field},
        {" folded\r\n", HeaderLine::continuation},
        {"\tfolded\r\n", HeaderLine::continuation},
        {"Do you like ketchup?\r\n", HeaderLine::malformed},
        {": no name\r\n", HeaderLine::malformed},
        {"K\xC3\xA4se: 8-bit name\r\n", HeaderLine::malformed},
        {"From alice@crepes.fr Fri Nov 20 14:10:16 2026\r\n", HeaderLine::malformed},
    };
    for (const Row& row : rows) {
        CAPTURE(row.line);
        CHECK(mime::classify_header_line(row.line) == row.kind);
    }
}

TEST_CASE("fields have their places, folds and line ends included") {
    constexpr std::string_view section =
        "From: a@b\r\nSubject: one\r\n two\r\nX-Bare: lf\nno colon here\r\nTo : c@d\r\n\r\nbody: not a field\r\n";
    const std::vector<mime::HeaderField> fields = mime::parse_header(section);
    REQUIRE(fields.size() == 4);
    CHECK(fields[0].name == "From");
    CHECK(fields[1].value == " one\r\n two");
    CHECK(section.substr(fields[1].offset, fields[1].size) == "Subject: one\r\n two\r\n");
    CHECK(fields[2].value == " lf");
    CHECK(fields[3].name == "To");
    CHECK(mime::parse_header(section, 2).size() == 2);

    mime::HeaderReader reader(section);
    while (reader.next()) {
    }
    CHECK(section.substr(reader.position()) == "body: not a field\r\n");
}

TEST_CASE("unfolding removes line ends and nothing else") {
    CHECK(mime::unfold(" This\r\n is a test\r\n") == "This is a test");  // RFC 5322 §2.2.3
    CHECK(mime::unfold("a\n\tb") == "a\tb");
    CHECK(mime::unfold("a\rb") == "a\rb");
    CHECK(mime::unfold("  \r\n ").empty());
}

TEST_CASE("a field is found in any case; the first counts") {
    constexpr std::string_view section = "Subject: one\r\nsubject: two\r\n\r\n";
    REQUIRE(mime::find_field(section, "SUBJECT"));
    CHECK(mime::find_field(section, "SUBJECT")->value == " one");
    CHECK_FALSE(mime::find_field(section, "Subj"));
}

TEST_CASE("HEADER.FIELDS and HEADER.FIELDS.NOT part the section and end with the blank line") {
    constexpr std::string_view section = "Received: x\r\n\tby y\r\nFrom: a@b\r\nRECEIVED: z\r\nSubject: s\r\n\r\n";
    const std::vector<std::string> names = {"received", "DATE"};
    CHECK(mime::filter_header(section, names, HeaderFilter::only) == "Received: x\r\n\tby y\r\nRECEIVED: z\r\n\r\n");
    CHECK(mime::filter_header(section, names, HeaderFilter::except) == "From: a@b\r\nSubject: s\r\n\r\n");
    CHECK(mime::filter_header("", names, HeaderFilter::only) == "\r\n");
    CHECK(mime::filter_header("Date: cut off", names, HeaderFilter::only) == "Date: cut off\r\n\r\n");
}
