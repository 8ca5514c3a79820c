// The text of a part: RFC 8621 §4.1.4 (EmailBodyValue), §4.2 (maxBodyValueBytes).
#include "web/jmap/mail/body_values.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "protocols/mime/summary.h"

using namespace jmap;

namespace {

// Read in pieces of seven octets.
struct Message {
    explicit Message(std::string octets) : text(std::move(octets)) {}
    std::string text;
    std::string summary = mime::encode_summary(mime::summarize(text));
    mime::ReadOctets read = [this](std::uint64_t offset, std::uint64_t length) {
        return std::string_view(text).substr(std::min<std::uint64_t>(offset, text.size()),
                                             std::min<std::uint64_t>(length, 7));
    };
};

Json value_of(const std::string& head, const std::string& body, std::size_t most = 1'000) {
    const Message message(head + "\r\n" + body);
    const mime::SummaryView summary(message.summary);
    return body_value(body_structure(summary), message.read, most);
}
Json value(const std::string& text, bool problem, bool truncated) {
    return {{"value", text}, {"isEncodingProblem", problem}, {"isTruncated", truncated}};
}

}  // namespace

TEST_CASE("transfer encoding and charset are decoded, CRLF becomes LF") {
    CHECK(value_of("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
                   "na=C3=AFve\r\nline\r\n\rx") == value("na\u00efve\nline\n\rx", false, false));
    CHECK(value_of("Content-Type: text/plain; charset=iso-8859-1\r\n", "na\xefve") ==
          value("na\u00efve", false, false));
    CHECK(value_of("", "plain\r\n\r\n") == value("plain\n\n", false, false));
}

TEST_CASE("what cannot be decoded is told") {
    CHECK(value_of("Content-Type: text/plain; charset=utf-8\r\n", "a\xffz") == value("a\ufffdz", true, false));
    CHECK(value_of("Content-Type: text/plain; charset=utf-8\r\n", "a\ufffdz") == value("a\ufffdz", false, false));
    CHECK(value_of("Content-Type: text/plain; charset=x-none\r\n", "a")["isEncodingProblem"] == true);
    CHECK(value_of("Content-Transfer-Encoding: x-none\r\n", "a")["isEncodingProblem"] == true);
    CHECK(value_of("Content-Type: text/plain; charset=us-ascii\r\n", "\u00e9")["isEncodingProblem"] == true);
}

TEST_CASE("it is cut between characters, and before a tag") {
    const char* utf8 = "Content-Type: text/plain; charset=utf-8\r\n";
    CHECK(value_of(utf8, "ab\u00e9d", 3) == value("ab", false, true));
    CHECK(value_of(utf8, "ab\u00e9d", 4) == value("ab\u00e9", false, true));
    CHECK(value_of(utf8, "ab\u00e9d", 5) == value("ab\u00e9d", false, false));
    CHECK(value_of("Content-Type: text/html\r\n", "<p>a <a href=x>b", 10) == value("<p>a ", false, true));
    CHECK(value_of("Content-Type: text/html\r\n", "<p>a <a href=x>b", 15) == value("<p>a <a href=x>", false, true));
    CHECK(value_of("Content-Type: text/plain\r\n", "1 < 2 and so on", 8) == value("1 < 2 an", false, true));
}

TEST_CASE("the size of a part is that of its decoded content") {
    const Message message("Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n");
    const mime::SummaryView summary(message.summary);
    CHECK(decoded_size(body_structure(summary), message.read) == 5);
    const Message plain("A: b\r\n\r\nhello");
    const mime::SummaryView plain_summary(plain.summary);
    CHECK(decoded_size(body_structure(plain_summary), plain.read) == 5);
}
