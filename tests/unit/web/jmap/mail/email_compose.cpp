// Messages from Email objects: RFC 8621 §4.6.
#include "web/jmap/mail/email_compose.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace jmap;

namespace {

std::expected<std::string, SetError> compose(const char* email) {
    return compose_email(Json::parse(email), {.now = {.unix_seconds = 0, .zone_minutes = 0},
                                              .message_id = "id@x",
                                              .random = "0123456789abcdef",
                                              .blobs = {{"B1", "hello"}, {"B2", "Subject: n\n\nnested"}}});
}
std::string composed(const char* email) {
    const auto message = compose(email);
    return message ? *message : message.error().type + " " + message.error().description;
}
// "type property" of what is refused.
std::string compose_error(const char* email) {
    const auto message = compose(email);
    if (message) return "none";
    return message.error().type + (message.error().properties.empty() ? "" : " " + message.error().properties.front());
}

}  // namespace

TEST_CASE("a message of one text") {
    CHECK(composed(R"({"mailboxIds": {"F1": true}, "from": [{"name": "Jörg", "email": "j@x.org"}],
                      "subject": "naïve", "messageId": ["m@x"], "sentAt": "1997-11-21T09:55:06-06:00",
                      "header:X-Raw": " as it is", "header:X-List:asURLs:all": [["https://x.org/"], ["mailto:a@x.org"]],
                      "textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": "line\nnext"}}})") ==
          "From: =?utf-8?b?SsO2cmc=?= <j@x.org>\r\n"
          "X-List: <https://x.org/>\r\nX-List: <mailto:a@x.org>\r\n"
          "X-Raw: as it is\r\nMessage-ID: <m@x>\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n"
          "Subject: =?utf-8?b?bmHDr3Zl?=\r\nMIME-Version: 1.0\r\n"
          "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nline\r\nnext");
    CHECK(composed(R"({"to": null})") ==
          "Message-ID: <id@x>\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\nMIME-Version: 1.0\r\n\r\n");
}

TEST_CASE("text, HTML with an image, and an attachment") {
    const std::string message = composed(R"({
        "textBody": [{"partId": "t", "type": "text/plain"}], "htmlBody": [{"partId": "h", "type": "text/html"}],
        "attachments": [{"blobId": "B1", "type": "image/png", "cid": "c@x", "disposition": "inline"},
                        {"blobId": "B1", "type": "application/pdf", "name": "é.pdf"},
                        {"blobId": "B2", "type": "message/rfc822"}],
        "bodyValues": {"t": {"value": "é"}, "h": {"value": "<p>"}}})");
    std::size_t at = 0;
    for (const char* next :
         {"multipart/mixed", "multipart/alternative", "text/plain", "quoted-printable", "=C3=A9", "multipart/related",
          "text/html", "<p>", "inline", "<c@x>", "image/png", "aGVsbG8=", "attachment", "filename*=utf-8''%C3%A9.pdf",
          "application/pdf", "message/rfc822", "7bit", "Subject: n\r\n\r\nnested"}) {
        CAPTURE(next);
        at = message.find(next, at);
        REQUIRE(at != std::string::npos);
    }
}

TEST_CASE("a structure of the client's own") {
    const std::string message = composed(R"({"bodyStructure": {"type": "multipart/x-own", "subParts": [
        {"partId": "a", "language": ["en", "de"], "location": "https://x.org/"},
        {"type": "multipart/mixed", "subParts": [{"blobId": "B1", "type": "text/csv", "charset": "latin1"}]}]},
        "bodyValues": {"a": {"value": "x"}}})");
    for (const char* piece : {"Content-Type: multipart/x-own", "Content-Language: en, de",
                              "Content-Location: https://x.org/", "text/csv; charset=latin1"}) {
        CAPTURE(piece);
        CHECK(message.find(piece) != std::string::npos);
    }
}

TEST_CASE("what RFC 8621 §4.6 forbids") {
    CHECK(compose_error(R"({"headers": []})") == "invalidProperties headers");
    CHECK(compose_error(R"({"preview": "x"})") == "invalidProperties preview");
    CHECK(compose_error(R"({"from": [], "header:from": " a@x.org"})") == "invalidProperties header:from");
    CHECK(compose_error(R"({"header:From:asDate": "x"})") == "invalidProperties header:From:asDate");
    CHECK(compose_error(R"({"header:Content-Type": " text/plain"})") == "invalidProperties header:Content-Type");
    CHECK(compose_error(R"({"header:X": "a\r\nInjected: b"})") == "invalidProperties header:X");
    CHECK(compose_error(R"({"header:X": "a\nInjected: b"})") == "invalidProperties header:X");
    CHECK(compose_error(R"({"messageId": ["a>\r\nX: b"]})") == "invalidProperties messageId");
    CHECK(compose_error(R"({"sentAt": "soon"})") == "invalidProperties sentAt");
    CHECK(compose_error(R"({"from": "a@x.org"})") == "invalidProperties from");
    CHECK(compose_error(R"({"bodyStructure": {"blobId": "B1"}, "textBody": []})") == "invalidProperties textBody");
    CHECK(compose_error(R"({"textBody": []})") == "invalidProperties textBody");
    CHECK(compose_error(R"({"textBody": [{"partId": "t", "type": "text/html"}]})") == "invalidProperties textBody");
    CHECK(compose_error(R"({"textBody": [{"partId": "t"}]})") == "invalidProperties bodyValues");
    CHECK(compose_error(R"({"textBody": [{"partId": "t", "blobId": "B1"}]})") == "invalidProperties textBody");
    CHECK(compose_error(R"({"textBody": [{"partId": "t", "charset": "x"}], "bodyValues": {"t": {"value": ""}}})") ==
          "invalidProperties textBody");
    CHECK(
        compose_error(R"({"textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": "", "isTruncated": true}}})") ==
        "invalidProperties bodyValues");
    CHECK(compose_error(R"({"bodyStructure": {"blobId": "B1", "header:Content-Transfer-Encoding": " 7bit"}})") ==
          "invalidProperties bodyStructure/header:Content-Transfer-Encoding");
    CHECK(compose_error(R"({"subject": "a", "bodyStructure": {"blobId": "B1", "header:Subject": " b"}})") ==
          "invalidProperties bodyStructure/header:Subject");
    CHECK(compose_error(R"({"bodyStructure": {"blobId": "B1", "type": "text/x\r\nX: y"}})") ==
          "invalidProperties bodyStructure");
    const auto missing = compose(R"({"attachments": [{"blobId": "B9"}, {"blobId": "B8"}]})");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().type == "blobNotFound");
    CHECK(missing.error().extra["notFound"] == Json::array({"B8", "B9"}));
}

TEST_CASE("keywords and dates") {
    CHECK(flags_of(Json::parse(R"({"$SEEN": true, "work": true})"))->system == storage::system_flag::seen);
    for (const char* wrong : {"[]", R"({"a": false})", R"({"": true})", R"({"a b": true})", R"({"\\Seen": true})"}) {
        CAPTURE(wrong);
        CHECK_FALSE(flags_of(Json::parse(wrong)));
    }
    CHECK(parse_date("1997-11-21T09:55:06-06:00") == mime::DateTime{880'127'706, -360});
    CHECK(parse_date("1970-01-01T00:00:00Z") == mime::DateTime{0, 0});
    for (const char* wrong : {"", "1997-11-21", "1997-11-21T09:55:06", "1997-11-21T09:55:06+24:00"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_date(wrong));
    }
}
