// New messages, read back by the parser: RFC 5322, RFC 2046; delivery reports: RFC 3464 appendix, RFC 6522.
#include "protocols/mime/compose.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/text.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/transfer_encoding.h"
#include "tests/unit/mime/messages.h"

using samples::cut;
using samples::tree;

namespace {

constexpr std::string_view entropy = "0123456789abcdef";

mime::NewMessage sample() {
    mime::NewMessage message;
    message.head.date = {.unix_seconds = 880127706, .zone_minutes = -360};
    message.head.message_id = "1@example.org";
    message.head.from = mime::parse_addresses("J\xC3\xB6rn <j@example.org>");
    message.head.to = mime::parse_addresses("bob@example.org");
    message.head.subject = "K\xC3\xA4se & more";
    message.text = "Hello\nworld\n";
    return message;
}

void check_lines(std::string_view message) {
    std::size_t start = 0;
    while (start < message.size()) {
        const std::size_t end = message.find("\r\n", start);
        REQUIRE(end != std::string_view::npos);
        CHECK(end - start <= 998);
        CHECK(message.substr(start, end - start).find_first_of("\r\n") == std::string_view::npos);
        start = end + 2;
    }
}

std::string decoded_body(std::string_view message, const mime::Part& part) {
    return mime::decode_transfer(cut(message, {part.body_offset, part.size_octets()}),
                                 mime::parse_transfer_encoding(part.content.encoding));
}

}  // namespace

TEST_CASE("a plain message, to the octet") {
    mime::NewMessage message = sample();
    message.head.in_reply_to = {"<0@example.org>"};
    message.head.references = {"<00@example.org>", "<0@example.org>"};
    message.head.more = {{"X-Note", "fine"}, {"Bad Name", "dropped"}};
    CHECK(mime::compose(message, entropy) ==
          "Date: Fri, 21 Nov 1997 09:55:06 -0600\r\nFrom: =?utf-8?b?SsO2cm4=?= <j@example.org>\r\n"
          "To: bob@example.org\r\nSubject: =?utf-8?b?S8Okc2U=?= & more\r\nMessage-ID: <1@example.org>\r\n"
          "In-Reply-To: <0@example.org>\r\nReferences: <00@example.org> <0@example.org>\r\nX-Note: fine\r\n"
          "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
          "Hello\r\nworld\r\n");
}

TEST_CASE("text of every kind comes back") {
    std::string chinese;
    for (int i = 0; i < 500; ++i) chinese += "\xE4\xB8\xAD";
    for (const std::string& text : {std::string("K\xC3\xA4se\r\n"), chinese + "\r\n", std::string(5000, 'x') + "\r\n",
                                    std::string("From here\r\n.\r\n"), std::string("no end"), std::string()}) {
        mime::NewMessage message = sample();
        message.text = text;
        const std::string composed = mime::compose(message, entropy);
        check_lines(composed);
        CHECK(base::is_ascii(composed));
        const mime::Summary summary = mime::summarize(composed);
        CHECK(summary.defects.none());
        std::string expected = text;
        if (!text.empty() && !text.ends_with('\n')) expected += "\r\n";
        CHECK(decoded_body(composed, summary.root) == expected);
    }
}

TEST_CASE("HTML, inline images and attachments stand in the right multiparts") {
    mime::NewMessage message = sample();
    message.html = "<p>Hello<img src=\"cid:i@x\">";
    message.attachments.push_back({.filename = "i.png", .type = "image/png", .content = "png", .content_id = "i@x"});
    message.attachments.push_back(
        {.filename = "na\xC3\xAFve \"q\".txt", .type = "text/plain", .content = "octets\n\xFF"});
    message.attachments.push_back({.type = "evil\r\nBcc: x", .content = ""});
    const std::string composed = mime::compose(message, entropy);
    check_lines(composed);
    const mime::Summary summary = mime::summarize(composed);
    CHECK(summary.defects.none());
    CHECK(tree(summary.root) ==
          "multipart/mixed(multipart/alternative(text/plain multipart/related(text/html image/png)) "
          "text/plain application/octet-stream)");
    CHECK(summary.has_attachment);
    CHECK(mime::decode_encoded_words(*summary.envelope.subject) == message.head.subject);
    CHECK(mime::decode_encoded_words(summary.envelope.from.at(0).name) == "J\xC3\xB6rn");
    const mime::Part& file = summary.root.children.at(1);
    CHECK(mime::parameter(file.content.disposition->parameters, "filename") == "na\xC3\xAFve \"q\".txt");
    CHECK(mime::parameter(file.content.parameters, "name") == "na\xC3\xAFve \"q\".txt");
    CHECK(decoded_body(composed, file) == "octets\n\xFF");
    CHECK_FALSE(mime::find_field(composed, "Bcc"));
}

TEST_CASE("no text adds a field") {
    mime::NewMessage message = sample();
    message.head.subject = "x\r\nBcc: evil@example.org";
    message.head.to = {{.name = "a\r\nBcc: b", .local = "c\r\nBcc: d", .domain = "e\r\nBcc: f"}};
    message.head.message_id = "i\r\nBcc: g";
    message.head.in_reply_to = {"<h\r\nBcc: h>"};
    message.head.more = {{"X", "y\r\nBcc: i"}, {"Bcc\r\nX", "j"}};
    message.attachments.push_back({.filename = "k\r\nBcc: k", .content = "", .content_id = "l\r\nBcc: l"});
    const std::string composed = mime::compose(message, entropy);
    check_lines(composed);
    CHECK(composed.find("\r\nBcc") == std::string::npos);
}

TEST_CASE("SMTPUTF8 messages keep their UTF-8") {
    mime::NewMessage message = sample();
    message.head.utf8 = true;
    const std::string composed = mime::compose(message, entropy);
    CHECK(composed.find("Subject: K\xC3\xA4se & more\r\n") != std::string::npos);
    CHECK(composed.find("From: \"J\xC3\xB6rn\" <j@example.org>\r\n") != std::string::npos);
}

TEST_CASE("a delivery status notification") {
    mime::DeliveryReport report;
    report.head = sample().head;
    report.head.subject = "Undelivered mail";
    report.text = "Your message could not be delivered.\n";
    report.reporting_mta = "mail.example.org";
    report.original_envelope_id = "QQ314159";
    report.arrival_date = mime::DateTime{.unix_seconds = 880127706, .zone_minutes = 0};
    report.recipients.push_back({.original_recipient = "rfc822;louisl@larry.slip.umd.edu",
                                 .final_recipient = "louisl@larry.slip.umd.edu",
                                 .action = "failed",
                                 .status = "4.0.0",
                                 .remote_mta = "larry.slip.umd.edu",
                                 .diagnostic = "426 connection\r\ntimed out",
                                 .last_attempt = mime::DateTime{.unix_seconds = 880127706, .zone_minutes = 0}});
    report.recipients.push_back({.final_recipient = "x@y", .action = "delayed", .status = "4.4.1"});
    const std::string returned = "Subject: original\r\nTo: x@y\r\n\r\nK\xC3\xA4se\r\n";
    const std::string composed = mime::compose_report(report, returned, entropy);
    check_lines(composed);
    const mime::Summary summary = mime::summarize(composed);
    CHECK(summary.defects.none());
    CHECK(tree(summary.root) == "multipart/report(text/plain message/delivery-status message/rfc822{text/plain})");
    CHECK(mime::parameter(summary.root.content.parameters, "report-type") == "delivery-status");
    const mime::Part& status = summary.root.children.at(1);
    CHECK(
        cut(composed, {status.body_offset, status.size_octets()}) ==
        "Original-Envelope-Id: QQ314159\r\nReporting-MTA: dns; mail.example.org\r\n"
        "Arrival-Date: Fri, 21 Nov 1997 15:55:06 +0000\r\n\r\n"
        "Original-Recipient: rfc822;louisl@larry.slip.umd.edu\r\nFinal-Recipient: rfc822; louisl@larry.slip.umd.edu\r\n"
        "Action: failed\r\nStatus: 4.0.0\r\nRemote-MTA: dns; larry.slip.umd.edu\r\n"
        "Diagnostic-Code: smtp; 426 connection  timed out\r\nLast-Attempt-Date: Fri, 21 Nov 1997 15:55:06 +0000\r\n\r\n"
        "Final-Recipient: rfc822; x@y\r\nAction: delayed\r\nStatus: 4.4.1\r\n");
    const mime::Part& original = summary.root.children.at(2);
    CHECK(cut(composed, {original.body_offset, original.size_octets()}) == returned);
    CHECK(original.content.encoding == "8bit");
    CHECK(original.envelope->subject == "original");

    report.headers_only = true;
    const std::string headers = mime::compose_report(report, "Subject: original\r\n\r\n", entropy);
    CHECK(tree(mime::summarize(headers).root) ==
          "multipart/report(text/plain message/delivery-status text/rfc822-headers)");
}

TEST_CASE("a report says 8bit where a part of it does, and nowhere else (RFC 2045 §6.4)") {
    struct Row {
        std::string_view what;
        std::string_view returned;
        std::string_view recipient;
        bool utf8;
        std::string_view encodings;  // of the report, and of its parts
    };
    const Row rows[] = {
        {"ASCII", "Subject: x\r\n\r\nbody\r\n", "x@y.test", false, "7bit: 7bit 7bit 7bit"},
        {"an 8-bit body",
         "Subject: x\r\n\r\nGr\xC3\xBC\xC3\x9F"
         "e\r\n",
         "x@y.test", false, "8bit: 7bit 7bit 8bit"},
        {"an 8-bit header, no UTF-8", "Subject: K\xE4se\r\n\r\n", "x@y.test", false, "8bit: 7bit 7bit 8bit"},
        {"an address in UTF-8 (RFC 6533)", "Subject: x\r\n\r\n", "\xC3\xBC@y.test", true, "8bit: 7bit 8bit 7bit"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        for (const bool headers_only : {false, true}) {
            mime::DeliveryReport report;
            report.head = sample().head;
            report.head.from = mime::parse_addresses("MAILER-DAEMON@y.test");
            report.head.subject = "Undelivered mail";
            report.head.utf8 = row.utf8;
            report.text = "Your message could not be delivered.\n";
            report.headers_only = headers_only;
            report.recipients.push_back(
                {.final_recipient = std::string(row.recipient), .action = "failed", .status = "5.1.1"});
            const mime::Summary summary = mime::summarize(mime::compose_report(report, row.returned, entropy));
            std::string encodings = summary.root.content.encoding + ":";
            for (const mime::Part& part : summary.root.children) encodings += " " + part.content.encoding;
            CHECK(encodings == row.encodings);
        }
    }
}
