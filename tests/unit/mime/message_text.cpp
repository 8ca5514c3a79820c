// The searchable text of a message: RFC 9051 §6.4.4 (BODY, TEXT), for any size of read pieces.
#include "protocols/mime/message_text.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "protocols/mime/summary.h"

namespace {

const std::string newsletter =
    "From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>, Friends: a@example.org;\r\n"
    "Subject: folded\r\n =?iso-8859-1?q?caf=E9?=\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "preamble\r\n"
    "--b\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "na=EFve so=\r\nft\r\n"
    "--b\r\n"
    "Content-Type: application/pdf; name*=utf-8''M%C3%BCll.pdf\r\n"
    "Content-Disposition: attachment; filename*0=\"long \"; filename*1=\"name.pdf\"\r\n"
    "\r\n"
    "not looked at\r\n"
    "--b\r\n"
    "Content-Type: image/png; name=\"=?utf-8?q?=C3=A9.png?=\"\r\n"
    "\r\n"
    "not looked at\r\n"
    "--b\r\n"
    "Content-Type: message/delivery-status\r\n"
    "\r\n"
    "Status: 5.1.1\r\n"
    "--b\r\n"
    "Content-Type: message/disposition-notification\r\n"
    "\r\n"
    "Disposition: manual-action\r\n"
    "--b\r\n"
    "Content-Type: text/calendar\r\n"
    "\r\n"
    "BEGIN:VEVENT\r\n"
    "--b\r\n"
    "Content-Type: message/rfc822\r\n"
    "\r\n"
    "Subject: inner\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "\r\n"
    "PHA+TcO8bGxlciAmYW1wOyA8Yj5Tb2huPC9iPjwvcD4=\r\n"
    "--b--\r\n";

// The texts, one after the other, each ended by "|".
struct Collected {
    std::string header;
    std::string body;
    std::string part_header;
};

Collected collect(std::size_t piece) {
    const std::string encoded = mime::encode_summary(mime::summarize(newsletter));
    const mime::SummaryView summary(encoded);
    const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
        return std::string_view(newsletter)
            .substr(std::min<std::size_t>(offset, newsletter.size()), std::min<std::uint64_t>(length, piece));
    };
    Collected texts;
    mime::TextKind last = mime::TextKind::end;
    const mime::TextSink sink = [&](mime::TextKind kind, std::string_view utf8) {
        const mime::TextKind whose = kind == mime::TextKind::end ? last : kind;
        std::string& text = whose == mime::TextKind::header ? texts.header
                            : whose == mime::TextKind::body ? texts.body
                                                            : texts.part_header;
        text += kind == mime::TextKind::end ? "|" : utf8;
        if (kind != mime::TextKind::end) last = kind;
        return false;
    };
    const mime::MessageTextLimits limits{.header_octets = 1000, .chunk_octets = piece};
    mime::read_header_text(summary, limits, read, sink);
    mime::read_body_text(summary, limits, read, sink);
    return texts;
}

}  // namespace

TEST_CASE("headers are decoded, text and message parts become UTF-8, HTML its words; nothing else is text") {
    const Collected whole = collect(10'000);
    CHECK(whole.header ==
          "From: Jürgen <j@example.com>, Friends: a@example.org;\r\n"
          "Subject: folded café\r\n"
          "Content-Type: multipart/mixed; boundary=b\r\n|");
    CHECK(whole.body ==
          "naïve soft|"
          "Status: 5.1.1|"
          "Disposition: manual-action|"
          "BEGIN:VEVENT|"
          "Subject: inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n|"
          "Müller & Sohn|");
    CHECK(whole.part_header ==
          "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n|"
          "Content-Type: application/pdf; name*=utf-8''M%C3%BCll.pdf\r\n"
          "Content-Disposition: attachment; filename*0=\"long \"; filename*1=\"name.pdf\"\r\n|"
          "name=Müll.pdf\r\nfilename=long name.pdf\r\n|"
          "Content-Type: image/png; name=\"é.png\"\r\n|"
          "Content-Type: message/delivery-status\r\n|"
          "Content-Type: message/disposition-notification\r\n|"
          "Content-Type: text/calendar\r\n|"
          "Content-Type: message/rfc822\r\n|");
    for (std::size_t piece = 1; piece < 100; ++piece) {
        const Collected cut = collect(piece);
        CHECK(cut.header == whole.header);
        CHECK(cut.body == whole.body);
        CHECK(cut.part_header == whole.part_header);
    }
}

TEST_CASE("a sink that has enough gets no more") {
    const std::string encoded = mime::encode_summary(mime::summarize(newsletter));
    const mime::ReadOctets read = [](std::uint64_t offset, std::uint64_t length) {
        return std::string_view(newsletter).substr(offset, length);
    };
    int pieces = 0;
    mime::read_body_text(mime::SummaryView(encoded), {}, read, [&](mime::TextKind, std::string_view) {
        ++pieces;
        return true;
    });
    CHECK(pieces == 1);
}

TEST_CASE("for an index: all that is compared alone, and all the rest, folded") {
    const std::string encoded = mime::encode_summary(mime::summarize(newsletter));
    const mime::ReadOctets read = [](std::uint64_t offset, std::uint64_t length) {
        return std::string_view(newsletter).substr(offset, length);
    };
    std::string texts;
    mime::read_folded_texts(encoded, {}, read, [&](std::string_view folded) {
        texts += folded.empty() ? "|" : folded;
        return false;
    });
    CHECK(texts.find("FOLDED CAFE\xCC\x81|") != std::string::npos);
    CHECK(texts.find("JU\xCC\x88RGEN <J@EXAMPLE.COM>, FRIENDS , <A@EXAMPLE.ORG>|") != std::string::npos);
    CHECK(texts.find("|NAI\xCC\x88VE SOFT|") != std::string::npos);
    CHECK(texts.find("|MU\xCC\x88LLER & SOHN|") != std::string::npos);
}

TEST_CASE("the index knows a message whole, whatever its stored summary lacks") {
    std::string message = "To: ";
    for (int i = 0; i < 1200; ++i) message += "\"Doe, " + std::to_string(i) + "\" <a@b.c>,\r\n ";
    message += "<d@e.f>\r\n\r\nx\r\n";
    const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
        return std::string_view(message).substr(std::min<std::size_t>(offset, message.size()), length);
    };
    for (std::string stored : {mime::encode_summary(mime::summarize(message)), std::string("\1of another version")}) {
        std::string texts;
        mime::read_folded_texts(stored, {}, read, [&](std::string_view folded) {
            texts += folded.empty() ? "|" : folded;
            return false;
        });
        CHECK(texts.find("DOE, 1199 <A@B.C>, <D@E.F>|") != std::string::npos);
    }
}
