// Summaries: RFC 9051 §7.5.2 (envelope, body structure), §6.4.5.1 (sections), RFC 8970 (preview); the stored form.
#include "protocols/mime/summary.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/header.h"
#include "protocols/mime/summary_view.h"
#include "tests/unit/mime/messages.h"

using mime::SectionText;
using samples::crlf;
using samples::cut;
using samples::summarize_checked;

TEST_CASE("the envelope of RFC 9051 §7.5.2's example") {
    const std::string message = crlf(
        "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\nFrom: Terry Gray <gray@cac.washington.example>\n"
        "Subject: IMAP4rev2 WG mtg summary and minutes\nTo: imap@cac.washington.example\n"
        "cc: minutes@CNRI.Reston.example, John Klensin <KLENSIN@MIT.example>\n"
        "Message-Id: <B27397-0100000@cac.washington.example>\nMIME-Version: 1.0\n"
        "Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\n\nbody\n");
    const mime::Summary summary = summarize_checked(message);
    const mime::Envelope& envelope = summary.envelope;
    CHECK(envelope.date == "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)");
    CHECK(envelope.subject == "IMAP4rev2 WG mtg summary and minutes");
    REQUIRE(envelope.from.size() == 1);
    CHECK(envelope.from[0] == mime::Address{.name = "Terry Gray", .local = "gray", .domain = "cac.washington.example"});
    CHECK(envelope.sender == envelope.from);
    CHECK(envelope.reply_to == envelope.from);
    REQUIRE(envelope.cc.size() == 2);
    CHECK(envelope.cc[1].name == "John Klensin");
    CHECK(envelope.bcc.empty());
    CHECK_FALSE(envelope.in_reply_to);
    CHECK(envelope.message_id == "<B27397-0100000@cac.washington.example>");
    CHECK(summary.sent_at == mime::DateTime{.unix_seconds = 837595405, .zone_minutes = -420});
    CHECK(summary.root.content.parameters == std::vector<mime::Parameter>{{.name = "charset", .value = "US-ASCII"}});
}

TEST_CASE("absent fields are NIL, empty ones are empty; lists that stand twice are joined") {
    const mime::Envelope envelope =
        mime::parse_envelope("Subject:\r\nTo: a@b\r\nTo: c@d\r\nSender: \r\nFrom: e@f\r\nSubject: second\r\n\r\n");
    CHECK(envelope.subject == "");
    CHECK_FALSE(envelope.date);
    CHECK(envelope.to.size() == 2);
    CHECK(envelope.sender == envelope.from);
}

TEST_CASE("references come from References, else from In-Reply-To") {
    CHECK(mime::summarize("References: <a@b>\r\n <c@d>\r\nIn-Reply-To: <e@f>\r\n\r\n").references ==
          std::vector<std::string>{"<a@b>", "<c@d>"});
    CHECK(mime::summarize("In-Reply-To: Your mail of <e@f>\r\n\r\n").references == std::vector<std::string>{"<e@f>"});
    CHECK(mime::parse_message_ids("<1><2> <3>\r\n<4> <unclosed", 3) == std::vector<std::string>{"<1>", "<3>", "<4>"});
    CHECK(mime::parse_message_ids("<a\r\n b@c>") == std::vector<std::string>{"<ab@c>"});
}

TEST_CASE("content fields that are damaged") {
    const auto encoding = [](std::string_view value) {
        return mime::parse_content_fields("Content-Transfer-Encoding: " + std::string(value) + "\r\n", false).encoding;
    };
    CHECK(encoding("8 bit") == "7bit");  // not a token: as if absent, RFC 2045 §6.1
    CHECK(encoding("x-uuencode") == "x-uuencode");
    CHECK(encoding("BASE64 (always)") == "base64");
    CHECK(encoding("base64 as ever") == "base64");
    const auto disposition = [](std::string_view value) {
        return mime::parse_content_fields("Content-Disposition: " + std::string(value) + "\r\n", false).disposition;
    };
    CHECK(disposition("; filename=a.png") ==
          mime::ParameterizedValue{.value = "attachment", .parameters = {{.name = "filename", .value = "a.png"}}});
    CHECK(disposition(";") == std::nullopt);
}

TEST_CASE("content fields are kept for BODYSTRUCTURE") {
    const mime::Summary summary = summarize_checked(
        crlf("Content-Type: Application/PDF; name=\"a.pdf\"\nContent-Transfer-Encoding: BASE64\nContent-ID: <id@x>\n"
             "Content-Description: A\n file\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\n"
             "Content-Disposition: ATTACHMENT; filename*=utf-8''%C3%A4.pdf\nContent-Language: en, de (German)\n"
             "Content-Location: http://x/y\n\nQUJD\n"));
    const mime::ContentFields& content = summary.root.content;
    CHECK(content.type == "application");
    CHECK(content.subtype == "pdf");
    CHECK(content.encoding == "base64");
    CHECK(content.id == "<id@x>");
    CHECK(content.description == "A file");
    CHECK(content.md5 == "Q2hlY2sgSW50ZWdyaXR5IQ==");
    REQUIRE(content.disposition);
    CHECK(content.disposition->value == "attachment");
    CHECK(mime::parameter(content.disposition->parameters, "filename") == "\xC3\xA4.pdf");
    CHECK(content.languages == std::vector<std::string>{"en", "de"});
    CHECK(content.location == "http://x/y");
    CHECK(summary.has_attachment);
    CHECK(summary.preview.empty());
}

TEST_CASE("what counts as an attachment") {
    struct Row {
        std::string_view header;
        bool attachment;
    };
    const Row rows[] = {
        {"Content-Type: text/plain", false},
        {"Content-Type: text/html", false},
        {"Content-Type: text/plain; name=a.txt", true},
        {"Content-Type: text/plain\nContent-Disposition: attachment", true},
        {"Content-Type: text/plain; name=a.txt\nContent-Disposition: inline", false},
        {"Content-Type: image/png", true},
        {"Content-Type: image/png\nContent-Disposition: inline", false},
        {"Content-Type: application/pgp-signature", false},
        {"Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: image/png\nContent-ID: <a@b>\n\nx\n--b--",
         false},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\nContent-ID: <a@b>\n\nx\n--b--",
         true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.header);
        CHECK(mime::summarize(crlf(row.header) + "\r\n\r\nx\r\n").has_attachment == row.attachment);
    }
}

TEST_CASE("the preview is the first words, decoded, without markup") {
    struct Row {
        std::string_view message;
        std::string_view preview;
    };
    const Row rows[] = {
        {"\n  Hello,\n\n  world \n", "Hello, world"},
        {"Content-Type: text/html\n\n<html><head><title>T</title><style>p{}</style></head><p>Hello&nbsp;&amp; "
         "<b>wor</b>ld",
         "Hello & world"},
        {"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nK=E4=\nse",
         "K\xC3\xA4se"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\nx\n--b\n\n \n--b\nContent-Type: "
         "text/html\n\n"
         "<p>Third\n--b--",
         "Third"},
        {"Content-Type: text/plain\nContent-Disposition: attachment\n\nnot this\n", ""},
        {"\nzero\xE2\x80\x8B"
         "width\xC2\xA0nbsp",
         "zerowidth nbsp"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        CHECK(summarize_checked(crlf(row.message)).preview == row.preview);
    }
    std::string euros = "\r\n";
    for (int i = 0; i < 20'000; ++i) euros += "\xE2\x82\xAC";
    const std::string preview = mime::summarize(euros).preview;
    CHECK(preview.size() == 600);
    CHECK(base::is_utf8(preview));
}

TEST_CASE("parts and sections by their numbers, RFC 9051 §6.4.5.1") {
    const std::string message = samples::numbered_message();
    const std::string encoded = mime::encode_summary(mime::summarize(message));
    const mime::SummaryView view(encoded);
    REQUIRE_FALSE(view.damaged());
    struct Row {
        std::vector<std::uint32_t> number;
        std::string_view type;
        std::string_view body;
    };
    const Row rows[] = {
        {{1}, "text", "part 1"},
        {{2}, "application", "part 2"},
        {{3, 1}, "text", "part 3.1"},
        {{3, 2}, "application", "part 3.2"},
        {{4, 1}, "image", "part 4.1"},
        {{4, 2, 1}, "text", "part 4.2.1"},
        {{4, 2, 2, 1}, "text", "part 4.2.2.1"},
        {{4, 2, 2, 2}, "text", "part 4.2.2.2"},
    };
    for (const Row& row : rows) {
        const auto part = mime::find_part(view, row.number);
        REQUIRE(part);
        CHECK(part->type == row.type);
        CHECK(cut(message, *mime::find_section(view, row.number, SectionText::content)) == row.body);
        CHECK(cut(message, *mime::find_section(view, row.number, SectionText::mime)).starts_with("Content-Type: "));
        CHECK_FALSE(mime::find_section(view, row.number, SectionText::header));
    }
    using Number = std::vector<std::uint32_t>;
    const auto section = [&](const Number& number, SectionText text) {
        const auto range = mime::find_section(view, number, text);
        return range ? std::string(cut(message, *range)) : "(nil)";
    };
    CHECK(section({}, SectionText::content) == message);
    CHECK(section({}, SectionText::header).starts_with("From: Sender"));
    CHECK(section({}, SectionText::header).ends_with("boundary=outer\r\n\r\n"));
    CHECK(section({}, SectionText::text).starts_with("preamble\r\n"));
    CHECK(section({}, SectionText::header) + section({}, SectionText::text) == message);
    CHECK(section({}, SectionText::mime) == "(nil)");
    CHECK(section({3}, SectionText::header) ==
          "Subject: in part 3\r\nFrom: Inner <inner@example.org>\r\nContent-Type: multipart/mixed; "
          "boundary=three\r\n\r\n");
    CHECK(section({3}, SectionText::text).starts_with("--three\r\n"));
    CHECK(section({3}, SectionText::content) == section({3}, SectionText::header) + section({3}, SectionText::text));
    CHECK(section({3}, SectionText::mime) == "Content-Type: message/rfc822\r\nContent-Description: forwarded\r\n\r\n");
    CHECK(section({4, 2}, SectionText::header).starts_with("Subject: in part 4.2\r\n"));
    for (const Number& number :
         {Number{5}, Number{0}, Number{1, 1}, Number{3, 3}, Number{4, 2, 2, 3}, Number{4, 1, 1}}) {
        CHECK(section(number, SectionText::content) == "(nil)");
    }
}

TEST_CASE("a message that is no multipart has part 1") {
    using Number = std::vector<std::uint32_t>;
    const std::string plain = "Subject: x\r\n\r\nbody";
    const std::string encoded = mime::encode_summary(mime::summarize(plain));
    const mime::SummaryView view(encoded);
    CHECK(cut(plain, *mime::find_section(view, Number{1}, SectionText::content)) == "body");
    CHECK(cut(plain, *mime::find_section(view, Number{1}, SectionText::mime)) == "Subject: x\r\n\r\n");
    CHECK_FALSE(mime::find_section(view, Number{1, 1}, SectionText::content));
    CHECK_FALSE(mime::find_section(view, Number{2}, SectionText::content));

    const std::string forward = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside";
    const std::string stored = mime::encode_summary(mime::summarize(forward));
    const mime::SummaryView outer(stored);
    CHECK(cut(forward, *mime::find_section(outer, Number{1}, SectionText::content)) == "Subject: inner\r\n\r\ninside");
    CHECK(cut(forward, *mime::find_section(outer, Number{1}, SectionText::header)) == "Subject: inner\r\n\r\n");
    CHECK(cut(forward, *mime::find_section(outer, Number{1, 1}, SectionText::content)) == "inside");
    CHECK(cut(forward, *mime::find_section(outer, Number{}, SectionText::text)) == "Subject: inner\r\n\r\ninside");
}

TEST_CASE("a view shows what was stored") {
    const mime::Summary summary = mime::summarize(
        "From: G: Bob <bob@a.test>;\r\nTo: c@d\r\nReply-To: e@f\r\nReferences: <1@x> <2@x>\r\n"
        "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n");
    const std::string encoded = mime::encode_summary(summary);
    const mime::SummaryView view(encoded);
    CHECK(view.size_octets() == summary.size_octets);
    CHECK(view.sent_at() == summary.sent_at);
    CHECK(view.preview() == "Hello");
    mime::TextCursor references = view.references();
    CHECK(references.next() == "<1@x>");
    CHECK(references.next() == "<2@x>");
    CHECK_FALSE(references.next());
    const mime::EnvelopeView envelope = view.envelope();
    CHECK_FALSE(envelope.subject);
    mime::AddressCursor sender = envelope.sender;
    REQUIRE(sender.next());
    const auto bob = sender.next();
    REQUIRE(bob);
    CHECK(bob->name == "Bob");
    mime::AddressCursor reply_to = envelope.reply_to;
    CHECK(reply_to.next()->local == "e");
    mime::ParameterCursor parameters = view.root().parameters;
    CHECK(parameters.next()->value == "utf-8");
    CHECK(view.root().lines == 1);
}

TEST_CASE("what clients list messages by is kept as it stands, RFC 9051 §6.4.5.1") {
    const std::vector<std::string> asked = {"subject", "References", "X-TUID"};
    for (const std::string& name : asked) CHECK(mime::is_list_field(name));
    CHECK_FALSE(mime::is_list_field("Received"));
    for (const std::string_view section : {
             "Received: by a\r\n for b\r\nSubject: one\r\n  two\r\nX-Other: 1\r\nreferences : <1@x>\r\n\t<2@x>\r\n\r\n",
             "Subject: bare\nX-TUID: \xFF\n\n",
             "no field\r\n goes on\r\nSubject: a\r\nSubject: b\r\n\r\n",
             "From me Sat\r\nSubject: behind a separator\r\n\r\n",
             "Subject: cut short",
             "\r\n",
         }) {
        CAPTURE(section);
        const mime::Summary summary = summarize_checked(std::string(section));
        REQUIRE(summary.list_fields);
        CHECK(mime::filter_header(*summary.list_fields, asked, mime::HeaderFilter::only) ==
              mime::filter_header(section.substr(0, summary.header_octets), asked, mime::HeaderFilter::only));
    }
    CHECK(mime::summarize("Received: x\r\nTo: a@b\r\n\r\nTo: body").list_fields == "To: a@b\r\n\r\n");
    CHECK_FALSE(mime::summarize("References: " + std::string(3000, 'x') + "\r\n\r\n").list_fields);
    CHECK_FALSE(mime::summarize("Subject: x\r\nTo: b\r\n\r\n", {.header_octets = 12}).list_fields);
}

TEST_CASE("damaged octets are refused or read within their bounds") {
    const std::string good = mime::encode_summary(mime::summarize(samples::numbered_message()));
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(mime::decode_summary(std::string_view(good).substr(0, size)));
    }
    CHECK_FALSE(mime::decode_summary(""));
    CHECK_FALSE(mime::decode_summary("\xFF" + good.substr(1)));
    std::mt19937 random(1);  // NOLINT: the same each time
    for (int i = 0; i < 20'000; ++i) {
        std::string bad = good;
        bad[random() % bad.size()] = static_cast<char>(random());
        bad[random() % bad.size()] = static_cast<char>(random());
        const auto decoded = mime::decode_summary(bad);
        if (decoded) CHECK(mime::encode_summary(*decoded) == bad);
        const std::vector<std::uint32_t> number = {4, 2, 2, 1};
        (void)mime::find_section(mime::SummaryView(bad), number, SectionText::mime);
    }
}

TEST_CASE("whether header sections are ASCII: all of them, and those that were not looked at are not") {
    const auto are_ascii = [](std::string_view message, const mime::ParseLimits& limits = {}) {
        mime::Summarizer summarizer(limits);
        summarizer.feed(message);
        (void)summarizer.finish();
        return summarizer.headers_are_ascii();
    };
    CHECK(are_ascii("Subject: x\r\n\r\nZo\xc3\xab\r\n"));
    CHECK(are_ascii("Zo\xc3\xab\r\nno header at all\r\n"));
    CHECK_FALSE(are_ascii("Subject: Zo\xc3\xab\r\n\r\nx\r\n"));
    CHECK_FALSE(are_ascii("Content-Type: message/rfc822\r\n\r\nSubject: Zo\xc3\xab\r\n\r\nx\r\n"));
    CHECK_FALSE(are_ascii("A: 1\r\nB: 2\r\n\r\nx\r\n", {.header_lines = 1}));
}

TEST_CASE("message ids are the same whatever their quoting: RFC 5256 §3") {
    const struct {
        std::string_view id;
        std::string_view normal;
    } rows[] = {
        {"<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>", "01KF8JCEOCBS0045PS@xxx.yyy.com"},
        {"<01KF8JCEOCBS0045PS@xxx.yyy.com>", "01KF8JCEOCBS0045PS@xxx.yyy.com"},
        {"<\"a\\\"b\"@x>", "a\"b@x"},
        {"<a\r\n b@x>", "ab@x"},
        {"<A@[1.2.3.4]>", "A@[1.2.3.4]"},
        {"<>", ""},
    };
    for (const auto& row : rows) CHECK(mime::normal_message_id(row.id) == row.normal);

    std::string_view value = "see <a@b <c@d> and <e@f>, < no end";
    CHECK(mime::take_message_id(value) == "<c@d>");
    CHECK(mime::take_message_id(value) == "<e@f>");
    CHECK(mime::take_message_id(value) == std::nullopt);
    CHECK(value.empty());
}

TEST_CASE("raw header fields are in the charset of the message's text, wherever that is named (CLIENTS.md 32)") {
    struct Row {
        std::string_view what;
        std::string message;
        std::string_view subject;
        std::string_view sender;
    };
    const std::string koi8 = "Subject: \xF0\xD2\xC9\nFrom: \"\xF0\xD2\" <a@b.c>, d@e.f\n";
    const std::string text = "Content-Type: text/plain; charset=koi8-r\n";
    const std::string mixed = "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
    const Row rows[] = {
        {"beside it", koi8 + text + "\nx\n", "При", "Пр"},
        {"in the first part", koi8 + mixed + text + "\nx\n--b--\n", "При", "Пр"},
        {"in the first that names one",
         koi8 + mixed + "\nx\n--b\nContent-Type: text/plain; charset=us-ascii\n\nx\n--b\n" + text + "\nx\n--b--\n",
         "При", "Пр"},
        {"in a message within: that one's own",
         koi8 + mixed + "Content-Type: message/rfc822\n\n" + text + "\nx\n--b--\n", "ðÒÉ", "ðÒ"},
        {"in no text", koi8 + "Content-Type: application/pdf; charset=koi8-r\n\nx\n", "ðÒÉ", "ðÒ"},
        {"nowhere", koi8 + "\nx\n", "ðÒÉ", "ðÒ"},
        // A second octet of 0x5C or 0x40 is not a backslash or "@" (CP932, GBK).
        {"with octets that look like specials",
         "Subject: \x83\\\nFrom: \"\x83\\\" <a@b.c>\nContent-Type: text/plain; charset=shift_jis\n\nx\n", "ソ", "ソ"},
        {"with octets that look like specials, unquoted",
         "Subject: \x81@\nFrom: \x81@ <a@b.c>\nContent-Type: text/plain; charset=gbk\n\nx\n", "丂", "丂"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const mime::Summary summary = summarize_checked(crlf(row.message));
        CHECK(summary.envelope.subject == row.subject);
        REQUIRE_FALSE(summary.envelope.from.empty());
        CHECK(summary.envelope.from[0].name == row.sender);
        CHECK(summary.envelope.from[0].local == "a");
        // The same as a nested message: it has its own charset, not that of its neighbours.
        const mime::Summary outer = summarize_checked(
            crlf("Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain; charset=windows-1251\n\n"
                 "x\n--o\nContent-Type: message/rfc822\n\n" +
                 row.message + "--o--\n"));
        REQUIRE(outer.root.children.size() == 2);
        REQUIRE(outer.root.children[1].envelope);
        CHECK(outer.root.children[1].envelope->subject == row.subject);
        CHECK(outer.root.children[1].envelope->from[0].name == row.sender);
        CHECK(outer.envelope.charset == "windows-1251");
    }
}

TEST_CASE("raw content fields are in the part's charset, else in the message's") {
    const mime::Summary summary = summarize_checked(
        crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=koi8-r\n"
             "Content-Description: \xF0\n\nx\n--b\nContent-Type: application/pdf\n"
             "Content-Disposition: attachment; filename=\"\xF0\xD2.pdf\"\n\nx\n--b\n"
             "Content-Disposition: inline; filename=\xCF\xF0\nContent-Type: text/plain; "
             "charset=windows-1251\n\nx\n--b--\n"));
    REQUIRE(summary.root.children.size() == 3);
    CHECK(summary.root.children[0].content.description == "П");
    CHECK(mime::parameter(summary.root.children[1].content.disposition->parameters, "filename") == "Пр.pdf");
    CHECK(mime::parameter(summary.root.children[2].content.disposition->parameters, "filename") == "Пр");
}
