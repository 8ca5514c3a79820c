// The structure of messages: RFC 2046 §5.1, §5.2.1, and the ways in which senders violate it.
#include "protocols/mime/part.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/unit/mime/messages.h"

using mime::Defect;
using samples::crlf;
using samples::cut;
using samples::summarize_checked;
using samples::tree;

namespace {

std::string_view body(std::string_view message, const mime::Part& part) {
    return cut(message, {part.body_offset, part.size_octets()});
}

}  // namespace

TEST_CASE("the simple multipart of RFC 2046 §5.1.1") {
    const std::string message = crlf(
        "From: Nathaniel Borenstein <nsb@bellcore.com>\nTo: Ned Freed <ned@innosoft.com>\n"
        "Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)\nSubject: Sample message\nMIME-Version: 1.0\n"
        "Content-type: multipart/mixed; boundary=\"simple boundary\"\n\n"
        "This is the preamble.  It is to be ignored, though it\nis a handy place for composition agents to include an\n"
        "explanatory note to non-MIME conformant readers.\n\n"
        "--simple boundary\n\nThis is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.\n"
        "--simple boundary\nContent-type: text/plain; charset=us-ascii\n\n"
        "This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak.\n\n"
        "--simple boundary--\n\nThis is the epilogue.  It is also to be ignored.\n");
    const mime::Summary summary = summarize_checked(message);
    CHECK(tree(summary.root) == "multipart/mixed(text/plain text/plain)");
    CHECK(summary.defects.none());
    const mime::Part& first = summary.root.children.at(0);
    const mime::Part& second = summary.root.children.at(1);
    CHECK(body(message, first) == "This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.");
    CHECK(first.lines == 1);
    CHECK(body(message, second) ==
          "This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n");
    CHECK(second.lines == 2);
    CHECK(cut(message, {second.header_offset, second.body_offset - second.header_offset}) ==
          "Content-type: text/plain; charset=us-ascii\r\n\r\n");
    CHECK(summary.sent_at == mime::DateTime{.unix_seconds = 732787008, .zone_minutes = -480});
    CHECK(summary.preview == "This is implicitly typed plain US-ASCII text. It does NOT end with a linebreak.");
}

TEST_CASE("trees of well-formed and of broken messages") {
    struct Row {
        std::string_view what;
        std::string_view message;
        std::string_view tree;
        std::uint32_t defects;  // in addition to missing_from and invalid_date
    };
    const auto bits = [](auto... defects) { return (0U | ... | static_cast<std::uint32_t>(defects)); };
    const Row rows[] = {
        {"empty", "", "text/plain", 0},
        {"header only", "Subject: x\n", "text/plain", 0},
        {"no header", "\nbody\n", "text/plain", 0},
        {"digest default (RFC 2046 §5.1.5)",
         "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: a\n\nx\n--b\nContent-Type: "
         "text/plain\n\ny\n--b--\n",
         "multipart/digest(message/rfc822{text/plain} text/plain)", 0},
        {"boundaries that are prefixes of others",
         "Content-Type: multipart/mixed; boundary=foo\n\n--foo\nContent-Type: multipart/mixed; boundary=foobar\n\n"
         "--foobar\n\na\n--foobar--\n--foo\n\nb\n--foo--\n",
         "multipart/mixed(multipart/mixed(text/plain) text/plain)", 0},
        {"the outer boundary is the longer one",
         "Content-Type: multipart/mixed; boundary=foobar\n\n--foobar\nContent-Type: multipart/mixed; "
         "boundary=foo\n\n--foo\n\na\n--foobar\n\nb\n--foobar--\n",
         "multipart/mixed(multipart/mixed(text/plain) text/plain)", bits(Defect::unterminated_multipart)},
        {"only the beginning of a delimiter's line is compared (RFC 2046 §5.1.1)",
         "Content-Type: multipart/mixed; boundary=b\n\n--b first\n\na\n--b-second\n\nb\n--b-- no more\n--b\n",
         "multipart/mixed(text/plain text/plain)", 0},
        {"a close delimiter of a boundary that a gateway padded",
         "Content-Type: multipart/mixed; boundary=\"b  \"\n\n--b  \n\na\n--b  --\n\nepilogue\n",
         "multipart/mixed(text/plain)", 0},
        {"the same boundary inside",
         "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
         "boundary=b\n\n--b\n\na\n--b--\n"
         "--b--\n",
         "multipart/mixed(multipart/mixed(text/plain))", 0},
        {"padding behind delimiters", "Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\na\n--b--  \n",
         "multipart/mixed(text/plain)", 0},
        {"unterminated", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n", "multipart/mixed(text/plain)",
         bits(Defect::unterminated_multipart)},
        {"inner unterminated",
         "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/mixed; "
         "boundary=i\n\n--i\n\na\n--o--\n",
         "multipart/mixed(multipart/mixed(text/plain))", bits(Defect::unterminated_multipart)},
        {"no delimiter", "Content-Type: multipart/mixed; boundary=b\n\nnothing\n", "text/plain",
         bits(Defect::boundary_not_found, Defect::unterminated_multipart)},
        {"no boundary", "Content-Type: multipart/mixed\n\n--b\n\na\n--b--\n", "text/plain",
         bits(Defect::multipart_without_boundary)},
        {"delimiter instead of the blank line", "Content-Type: multipart/mixed; boundary=b\n--b\n\na\n--b--\n",
         "multipart/mixed(text/plain)", bits(Defect::missing_blank_line)},
        {"part header without a blank line",
         "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n--b--\n",
         "multipart/mixed(text/html)", bits(Defect::missing_blank_line)},
        {"the delimiter twice",
         "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\nContent-Type: text/html\n\na\n--b--\n",
         "multipart/mixed(text/html)", 0},
        {"garbage amid fields", "Subject: x\ngarbage\nContent-Type: text/html\n\na\n", "text/html",
         bits(Defect::malformed_header_line)},
        {"body without a blank line", "Subject: x\nDo you like ketchup?\nHow about pickles?\n", "text/plain",
         bits(Defect::missing_blank_line)},
        {"malformed type", "Content-Type: nonsense\n\na\n", "text/plain", 0},
        {"mbox separator", "From a@b Fri Nov 20 14:10:16 2026\nContent-Type: text/html\n\na\n", "text/html", 0},
        {"message in base64 is still a message",
         "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQUJD\n", "message/rfc822{text/plain}",
         bits(Defect::missing_blank_line)},
        {"message/global (RFC 6532)", "Content-Type: message/global\n\nSubject: x\n\ny\n", "message/global{text/plain}",
         0},
        {"close delimiter first", "Content-Type: multipart/mixed; boundary=b\n\n--b--\n", "text/plain",
         bits(Defect::boundary_not_found)},
        {"close delimiter, then more", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b--\n--b\n\nc\n",
         "multipart/mixed(text/plain)", 0},
    };
    const std::uint32_t always = bits(Defect::missing_from, Defect::invalid_date);
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const mime::Summary summary = summarize_checked(crlf(row.message));
        CHECK(tree(summary.root) == row.tree);
        CHECK((summary.defects.bits & ~always) == row.defects);
        // With bare LF it gives the same tree.
        const mime::Summary bare = summarize_checked(row.message);
        CHECK(tree(bare.root) == row.tree);
    }
}

TEST_CASE("a missing blank line costs nothing of the body") {
    const std::string message = crlf("Subject: x\nDo you like ketchup?\nHow about pickles?\n");
    const mime::Summary summary = summarize_checked(message);
    CHECK(body(message, summary.root) == "Do you like ketchup?\r\nHow about pickles?\r\n");
    CHECK(summary.root.lines == 2);
    CHECK(summary.preview == "Do you like ketchup? How about pickles?");
    CHECK(summary.header_octets == 12);
}

TEST_CASE("nested parts end where the delimiter's line end begins") {
    const std::string message = samples::numbered_message();
    const mime::Summary summary = summarize_checked(message);
    CHECK(tree(summary.root) ==
          "multipart/mixed(text/plain application/octet-stream "
          "message/rfc822{multipart/mixed(text/plain application/octet-stream)} "
          "multipart/mixed(image/gif message/rfc822{multipart/mixed(text/plain "
          "multipart/alternative(text/plain text/richtext))}))");
    const mime::Part& forwarded = summary.root.children.at(2);
    REQUIRE(forwarded.envelope);
    CHECK(forwarded.envelope->subject == "in part 3");
    CHECK(forwarded.content.description == "forwarded");
    CHECK(body(message, forwarded).ends_with("part 3.2\r\n--three--"));
    CHECK(forwarded.lines == 12);
    CHECK(forwarded.children.at(0).header_offset == forwarded.body_offset);
}

TEST_CASE("limits bound what is kept, and say so") {
    mime::ParseLimits limits;
    limits.depth = 3;
    std::string nested;
    for (int i = 0; i < 10; ++i) nested += "Content-Type: message/rfc822\r\n\r\n";
    mime::Summary summary = summarize_checked(nested, limits);
    CHECK(tree(summary.root) == "message/rfc822{message/rfc822{application/octet-stream}}");
    CHECK(summary.defects.has(Defect::too_deep));

    limits = {};
    limits.parts = 3;
    summary = summarize_checked(samples::numbered_message(), limits);
    CHECK(tree(summary.root) == "multipart/mixed(text/plain application/octet-stream)");
    CHECK(summary.defects.has(Defect::too_many_parts));

    limits = {};
    limits.header_octets = 40;
    summary = summarize_checked("Subject: kept\r\nX: " + std::string(100, 'x') + "\r\nTo: a@b\r\n\r\nbody", limits);
    CHECK(summary.envelope.subject == "kept");
    CHECK(summary.envelope.to.empty());
    CHECK(summary.defects.has(Defect::header_too_long));
    CHECK(summary.header_octets == 15 + 105 + 9 + 2);

    limits = {};
    limits.header_lines = 1;
    summary = summarize_checked("Subject: kept\r\nTo: a@b\r\n\r\nbody", limits);
    CHECK(summary.envelope.to.empty());
    CHECK(summary.root.size_octets() == 4);

    limits = {};
    limits.addresses = 2;
    summary = summarize_checked("To: a@b, c@d\r\n\r\n", limits);
    CHECK_FALSE(summary.defects.cut());
    summary = summarize_checked("To: a@b, c@d\r\nCc: e@f\r\nTo: g@h\r\n\r\n", limits);
    CHECK(summary.envelope.to.size() == 2);
    CHECK(summary.defects.has(Defect::too_many_addresses));
    summary = summarize_checked("Content-Type: message/rfc822\r\n\r\nBcc: a@b, c@d, e@f\r\n\r\n", limits);
    CHECK(summary.defects.has(Defect::too_many_addresses));

    limits = {};
    limits.parameters = 1;
    summary = summarize_checked("Content-Type: text/plain; a=1; \r\n\r\n", limits);
    CHECK_FALSE(summary.defects.cut());
    for (const char* field :
         {"Content-Type: text/plain; a=1; b=2", "Content-Disposition: inline; a=1; b=2", "Content-Language: en, de"}) {
        CAPTURE(field);
        summary = summarize_checked(std::string(field) + "\r\n\r\n", limits);
        CHECK(summary.defects.has(Defect::too_many_parameters));
    }
}

TEST_CASE("every limit that was met marks the summary as cut; other defects do not") {
    for (const Defect limit : {Defect::header_too_long, Defect::too_many_parts, Defect::too_deep,
                               Defect::too_many_addresses, Defect::too_many_parameters}) {
        mime::Defects defects;
        defects.add(limit);
        CHECK(defects.cut());
    }
    for (const Defect fault : {Defect::missing_blank_line, Defect::boundary_not_found, Defect::eight_bit_header}) {
        mime::Defects defects;
        defects.add(fault);
        CHECK_FALSE(defects.cut());
    }
}

TEST_CASE("the deepest nesting is still stored and read back") {
    mime::ParseLimits limits;
    limits.depth = 10'000;
    std::string nested;
    for (int i = 0; i < 300; ++i) nested += "Content-Type: message/rfc822\r\n\r\n";
    const mime::Summary summary = mime::summarize(nested, limits);
    const auto decoded = mime::decode_summary(mime::encode_summary(summary));
    REQUIRE(decoded);
    CHECK(*decoded == summary);
    CHECK(summary.defects.has(Defect::too_deep));
}

TEST_CASE("defects have names") {
    mime::Defects defects;
    CHECK(mime::describe(defects).empty());
    defects.add(Defect::too_deep);
    defects.add(Defect::nul_octet);
    REQUIRE(mime::describe(defects).size() == 2);
    CHECK(mime::describe(defects)[0] == "too_deep");
}

TEST_CASE("octets above 127 and NUL in a header are noted") {
    CHECK(mime::summarize("Subject: K\xE4se\r\n\r\n").defects.has(Defect::eight_bit_header));
    CHECK_FALSE(mime::summarize("Subject: K\xC3\xA4se\r\n\r\n").defects.has(Defect::eight_bit_header));
    CHECK(mime::summarize(std::string_view("Subject: \0\r\n\r\n", 14)).defects.has(Defect::nul_octet));
    CHECK(mime::summarize("Subject: x\n\n").defects.has(Defect::bare_line_feed));
}
