// ENVELOPE, BODY and BODYSTRUCTURE of whole messages. RFC 9051 §7.5.2.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/response/fetch.h"
#include "protocols/mime/summary.h"

namespace {

enum class Item { envelope, body, body_structure };

std::string fetched(std::string_view message, Item item, bool utf8 = false) {
    const std::string encoded = mime::encode_summary(mime::summarize(message));
    const mime::SummaryView summary(encoded);
    std::string out;
    imap::wire::FetchWriter writer(out, 1, utf8);
    switch (item) {
        case Item::envelope:
            writer.envelope(summary);
            break;
        case Item::body:
            writer.body(summary);
            break;
        case Item::body_structure:
            writer.body_structure(summary);
            break;
    }
    writer.end();
    return out;
}

}  // namespace

TEST_CASE("ENVELOPE") {
    // RFC 9051 §8
    CHECK(
        fetched("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
                "From: Terry Gray <gray@cac.washington.edu>\r\n"
                "Subject: IMAP4rev2 WG mtg summary and minutes\r\n"
                "To: imap@cac.washington.edu\r\n"
                "cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
                "Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
                "\r\n",
                Item::envelope) ==
        "* 1 FETCH (ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" "
        "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
        "((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) "
        "((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
        "\"<B27397-0100000@cac.washington.edu>\"))\r\n");
    CHECK(fetched("\r\nx", Item::envelope) == "* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n");
    CHECK(fetched("Subject:\r\nTo: A Group:Ed <joe@where.test>,john@one.test;\r\nCc: root\r\n\r\n", Item::envelope) ==
          "* 1 FETCH (ENVELOPE (NIL \"\" NIL NIL NIL ((NIL NIL \"A Group\" NIL)(\"Ed\" NIL \"joe\" \"where.test\")"
          "(NIL NIL \"john\" \"one.test\")(NIL NIL NIL NIL)) ((NIL NIL \"root\" \"\")) NIL NIL NIL))\r\n");
}

TEST_CASE("ENVELOPE stays ASCII until UTF-8 is enabled (CLIENTS.md 8)") {
    const std::string_view message = "Subject: \xc3\xa4\r\nFrom: \"J\xc3\xb6rg \\\"x\\\"\" <j@x>\r\n\r\n";
    const std::string plain = fetched(message, Item::envelope, false);
    for (const char c : plain) CHECK(static_cast<unsigned char>(c) < 0x80);
    CHECK(plain.find("=?utf-8?") != std::string::npos);
    CHECK(fetched(message, Item::envelope, true) ==
          "* 1 FETCH (ENVELOPE (NIL \"\xc3\xa4\" ((\"J\xc3\xb6rg \\\"x\\\"\" NIL \"j\" \"x\")) "
          "((\"J\xc3\xb6rg \\\"x\\\"\" NIL \"j\" \"x\")) ((\"J\xc3\xb6rg \\\"x\\\"\" NIL \"j\" \"x\")) "
          "NIL NIL NIL NIL NIL))\r\n");
}

TEST_CASE("raw octets inside and beside encoded words become what was meant") {
    const std::string_view message = "Subject: =?iso-8859-1?q?Fr\xf6sche?= und \xfc\r\n\r\n";
    CHECK(fetched(message, Item::envelope, true)
              .starts_with("* 1 FETCH (ENVELOPE (NIL \"=?iso-8859-1?q?Fr=F6sche?= und \xc3\xbc\" "));
    CHECK(fetched(message, Item::envelope, false)
              .starts_with("* 1 FETCH (ENVELOPE (NIL \"=?utf-8?q?Fr=C3=B6sche?= und =?utf-8?b?w7w=?=\" "));
}

// RFC 2045 §5.2, RFC 2046 §4.1.2.
TEST_CASE("text without a charset is said to be US-ASCII, and nothing else is") {
    const auto body = [](const std::string& type) { return fetched("Content-Type: " + type + "\r\n\r\n", Item::body); };
    CHECK(body("text/plain; format=flowed") ==
          "* 1 FETCH (BODY (\"text\" \"plain\" (\"format\" \"flowed\" \"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 "
          "0))\r\n");
    CHECK(body("text/x-a; charset*=''utf-8") ==
          "* 1 FETCH (BODY (\"text\" \"x-a\" (\"charset*\" \"''utf-8\") NIL NIL \"7bit\" 0 0))\r\n");
    CHECK(body("application/json") == "* 1 FETCH (BODY (\"application\" \"json\" NIL NIL NIL \"7bit\" 0))\r\n");
}

TEST_CASE("BODY and BODYSTRUCTURE") {
    CHECK(fetched("Content-Type: text/plain; charset=us-ascii\r\n\r\nab\r\ncd\r\n", Item::body) ==
          "* 1 FETCH (BODY (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 8 2))\r\n");
    CHECK(fetched("Subject: x\r\n\r\nab\r\n", Item::body_structure) ==
          "* 1 FETCH (BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 1 NIL NIL NIL "
          "NIL))\r\n");
    CHECK(
        fetched("Content-Type: image/png; name=\"a b.png\"\r\nContent-Transfer-Encoding: BASE64\r\n"
                "Content-ID: <1@x>\r\nContent-Description: A picture\r\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n"
                "Content-Disposition: inline; filename=a.png\r\nContent-Language: de, en\r\n"
                "Content-Location: http://x/a.png\r\n\r\nAAAA\r\n",
                Item::body_structure) ==
        "* 1 FETCH (BODYSTRUCTURE (\"image\" \"png\" (\"name\" \"a b.png\") \"<1@x>\" \"A picture\" \"base64\" 6 "
        "\"Q2hlY2sgSW50ZWdyaXR5IQ==\" (\"inline\" (\"filename\" \"a.png\")) (\"de\" \"en\") \"http://x/a.png\"))\r\n");
}

TEST_CASE("multipart and nested messages") {
    const std::string_view message =
        "Content-Type: multipart/mixed; boundary=b1\r\n\r\n"
        "--b1\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
        "--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nFrom: a@b\r\n\r\nhello\r\n"
        "--b1--\r\n";
    CHECK(fetched(message, Item::body) ==
          "* 1 FETCH (BODY ((\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0)(\"message\" \"rfc822\" "
          "NIL NIL NIL \"7bit\" 31 "
          "(NIL \"in\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL) "
          "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 0) 3) \"mixed\"))\r\n");
    CHECK(
        fetched(message, Item::body_structure) ==
        "* 1 FETCH (BODYSTRUCTURE ((\"text\" \"html\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 0 NIL NIL NIL NIL)"
        "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 31 "
        "(NIL \"in\" ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL) "
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 5 0 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) "
        "\"mixed\" "
        "(\"boundary\" \"b1\") NIL NIL NIL))\r\n");
}

// RFC 9051 §9 (media-message) has message/global beside message/rfc822, RFC 3501 §9 has not.
TEST_CASE("message/global is a message only to sessions that know RFC 9051 or RFC 6855") {
    const std::string_view message = "Content-Type: message/global\r\n\r\nSubject: in\r\n\r\nx";
    CHECK(fetched(message, Item::body, false) ==
          "* 1 FETCH (BODY (\"message\" \"global\" NIL NIL NIL \"7bit\" 16))\r\n");
    CHECK(
        fetched(message, Item::body, true) ==
        "* 1 FETCH (BODY (\"message\" \"global\" NIL NIL NIL \"7bit\" 16 (NIL \"in\" NIL NIL NIL NIL NIL NIL NIL NIL) "
        "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0) 2))\r\n");
}

TEST_CASE("raw 8-bit parameters become what the session can read; RFC 2231's coded form stays") {
    const std::string_view message =
        "Content-Type: application/pdf; name=\"\xc3\xa4.pdf\"\r\n"
        "Content-Disposition: attachment; filename*=utf-8''%C3%A4.pdf\r\n\r\nx";
    const std::string plain = fetched(message, Item::body_structure, false);
    for (const char c : plain) CHECK(static_cast<unsigned char>(c) < 0x80);
    CHECK(plain.find("(\"attachment\" (\"filename*\" \"utf-8''%C3%A4.pdf\"))") != std::string::npos);
    CHECK(fetched(message, Item::body_structure, true).find("(\"name\" \"\xc3\xa4.pdf\")") != std::string::npos);
}

TEST_CASE("a damaged summary still gives what the grammar allows") {
    const std::string encoded = mime::encode_summary(mime::summarize(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "From: a@b\r\n\r\nx\r\n--b--\r\n"));
    for (std::size_t size = 0; size < encoded.size(); ++size) {
        const std::string cut = encoded.substr(0, size);
        std::string out;
        imap::wire::FetchWriter writer(out, 1, false);
        writer.envelope(mime::SummaryView(cut));
        writer.body_structure(mime::SummaryView(cut));
        writer.end();
        int depth = 0;
        for (const char c : out) depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        CHECK(depth == 0);
    }
}
