// What of a message is searched: RFC 3501 §6.4.4 (BODY, TEXT), wherever reading is cut.
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
    "Content-Type: application/pdf\r\n"
    "\r\n"
    "not looked at\r\n"
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
};

Collected collect(std::size_t piece) {
    const std::string encoded = mime::encode_summary(mime::summarize(newsletter));
    const mime::SummaryView summary(encoded);
    const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
        return std::string_view(newsletter)
            .substr(std::min<std::size_t>(offset, newsletter.size()), std::min<std::uint64_t>(length, piece));
    };
    Collected texts;
    mime::TextPlace last = mime::TextPlace::end;
    const mime::TextSink sink = [&](mime::TextPlace place, std::string_view utf8) {
        std::string& text =
            (place == mime::TextPlace::end ? last : place) == mime::TextPlace::header ? texts.header : texts.body;
        text += place == mime::TextPlace::end ? "|" : utf8;
        if (place != mime::TextPlace::end) last = place;
        return false;
    };
    const mime::MessageTextLimits limits{.header_octets = 1000, .chunk_octets = piece};
    mime::read_header_text(summary, limits, read, sink);
    mime::read_body_text(summary, limits, read, sink);
    return texts;
}

}  // namespace

TEST_CASE("headers are decoded, text parts become UTF-8, HTML its words; nothing else is text") {
    const Collected whole = collect(10'000);
    CHECK(whole.header ==
          "From: Jürgen <j@example.com>, Friends: a@example.org;\r\n"
          "Subject: folded café\r\n"
          "Content-Type: multipart/mixed; boundary=b\r\n|");
    CHECK(whole.body ==
          "naïve soft|"
          "Subject: inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n|"
          "Müller & Sohn|");
    for (std::size_t piece = 1; piece < 100; ++piece) {
        const Collected cut = collect(piece);
        CHECK(cut.header == whole.header);
        CHECK(cut.body == whole.body);
    }
}

TEST_CASE("a sink that has enough gets no more") {
    const std::string encoded = mime::encode_summary(mime::summarize(newsletter));
    const mime::ReadOctets read = [](std::uint64_t offset, std::uint64_t length) {
        return std::string_view(newsletter).substr(offset, length);
    };
    int pieces = 0;
    mime::read_body_text(mime::SummaryView(encoded), {}, read, [&](mime::TextPlace, std::string_view) {
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
