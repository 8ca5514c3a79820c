// Incomplete summaries are made again from the message: RFC 9051 §7.5.2, whatever the limits of delivery were.
#include "protocols/mime/readable_summary.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "protocols/mime/summary.h"
#include "protocols/mime/summary_view.h"

namespace {

// The readable summary of a message that is read in pieces of this size.
mime::Summary readable(const std::string& message, std::string stored, std::size_t piece) {
    const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
        const std::size_t at = std::min<std::size_t>(offset, message.size());
        return std::string_view(message).substr(at, std::min<std::uint64_t>(length, piece));
    };
    std::string anew;
    const auto summary = mime::decode_summary(mime::readable_summary(stored, read, anew));
    REQUIRE(summary);
    return *summary;
}

std::string repeated(std::size_t times, std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("a summary that limits have cut gives way to one of the whole message") {
    const std::string list = "To: " + repeated(1200, "<a@b.c>,\r\n ") + "<last@b.c>\r\n\r\nx\r\n";
    const std::string parts =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeated(1500, "--b\r\n\r\nx\r\n") + "--b--\r\n";
    const std::string header =
        "X: " + repeated(300, std::string(900, 'x') + "\r\n ") + "\r\nSubject: late\r\n\r\nx\r\n";
    for (const std::string& message : {list, parts, header}) {
        CHECK(mime::summarize(message).defects.cut());
        CHECK(mime::needs_text(mime::encode_summary(mime::summarize(message))));
        for (const std::size_t piece : {std::size_t{977}, message.size()}) {
            const mime::Summary summary = readable(message, mime::encode_summary(mime::summarize(message)), piece);
            CHECK_FALSE(summary.defects.cut());
            CHECK(summary == mime::summarize(message, mime::generous_limits()));
        }
    }
    CHECK(mime::summarize(list, mime::generous_limits()).envelope.to.size() == 1201);
    CHECK(mime::summarize(parts, mime::generous_limits()).root.children.size() == 1500);
    CHECK(mime::summarize(header, mime::generous_limits()).envelope.subject == "late");
}

TEST_CASE("a summary of another version is made anew, one that tells all is left alone") {
    const std::string message = "Subject: hello\r\n\r\nx\r\n";
    std::string stored = mime::encode_summary(mime::summarize(message));
    const mime::ReadOctets unread = [](std::uint64_t, std::uint64_t) -> std::string_view {
        FAIL("the message is read");
        return {};
    };
    std::string anew;
    CHECK(mime::readable_summary(stored, unread, anew).data() == stored.data());
    ++stored.front();
    CHECK(readable(message, stored, 5) == mime::summarize(message));
    CHECK(readable(message, "", 5) == mime::summarize(message));
}
