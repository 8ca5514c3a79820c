// Header sections with UTF-8, converted to ASCII: RFC 6856 §2.1; and the size of such a message.
#include "protocols/mime/ascii_header.h"

#include <doctest/doctest.h>

#include <string>

#include "protocols/mime/summary.h"

TEST_CASE("UTF-8 in the header becomes what every client knows (RFC 6856 §2.1)") {
    CHECK_FALSE(mime::ascii_header("Subject: ascii\r\n\r\n"));
    CHECK(mime::ascii_header("Subject: gr\xc3\xbc\xc3\x9f\x65\r\nX: y\r\n\r\n") ==
          "Subject: =?utf-8?b?Z3LDvMOfZQ==?=\r\nX: y\r\n\r\n");
    CHECK_FALSE(mime::ascii_header("Subject: gr\xfc\xdf\x65\r\n\r\n"));  // not UTF-8
    const auto from = mime::ascii_header("From: J\xc3\xbcrgen <j\xc3\xbcrgen@example.org>\r\n\r\n");
    REQUIRE(from);
    CHECK(from->find("=?") != std::string::npos);
    CHECK(from->ends_with("<j??rgen@example.org>\r\n\r\n"));
    CHECK_FALSE(
        mime::ascii_header("Subject: \xc3\xbc" + std::string(mime::most_ascii_header_octets, 'x') + "\r\n\r\n"));
}

TEST_CASE("a summary tells both sizes of a message with UTF-8 in its header, however it is cut") {
    struct Row {
        std::string_view header;
        std::string_view rest;
    };
    const Row rows[] = {
        {"Subject: gr\xc3\xbc\xc3\x9f\x65\r\nX: y\r\n", "\r\ngr\xc3\xbc\xc3\x9f\x65\r\n"},
        {"Subject: gr\xc3\xbc\xc3\x9f\x65\nX: y\n", "\nbody\n"},  // the field's line ends become CRLF too
        {"no field \xc3\xbc\r\nSubject: \xc3\xbc\r\n", "\r\nbody"},
        {"Subject: \xc3\xbc\r\n", "no blank line\r\nhere\r\n"},
        {"Subject: \xc3\xbc", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.header);
        const std::string message = std::string(row.header) + std::string(row.rest);
        const auto ascii = mime::ascii_header(row.header);
        REQUIRE(ascii);
        for (std::size_t cut = 0; cut <= message.size(); ++cut) {
            mime::Summarizer summarizer;
            summarizer.feed(message.substr(0, cut));
            summarizer.feed(message.substr(cut));
            CHECK(summarizer.finish().ascii_text_octets == mime::summarize(*ascii + std::string(row.rest)).text_octets);
        }
    }
    CHECK_FALSE(mime::summarize("Subject: x\r\n\r\ngr\xc3\xbc\xc3\x9f\x65\r\n").ascii_text_octets);
}
