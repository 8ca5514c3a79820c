// mime::TextSize: the octets that POP3 sends for a message with any line ends. RFC 1939 §3, §11, RFC 5322 §2.1.
#include "protocols/mime/text_size.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

std::uint64_t size_in_pieces(std::string_view message, std::size_t piece) {
    mime::TextSize size;
    for (; !message.empty(); message.remove_prefix(std::min(piece, message.size())))
        size.feed(message.substr(0, piece));
    return size.octets();
}

// Counted the simple way: each line ended by CRLF, a blank line after a header section that has none.
std::uint64_t expected_size(std::string_view message) {
    std::uint64_t octets = 0;
    bool blank = false;
    while (!message.empty()) {
        const std::size_t feed = message.find('\n');
        std::string_view line = message.substr(0, feed);
        message.remove_prefix(feed == std::string_view::npos ? message.size() : feed + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        octets += line.size() + 2;
        blank = blank || line.empty();
    }
    return blank ? octets : octets + 2;
}

}  // namespace

TEST_CASE("a message's length as text counts every line end as CRLF, in pieces of any size") {
    const std::string long_line(700, 'x');
    for (const std::string& message :
         {std::string(), std::string("\n"), std::string("\r\n"), std::string("\r"), std::string("A: b"),
          std::string("A: b\r"), std::string("A: b\r\n"), std::string("A: b\n\nbody"),
          std::string("A: b\r\n\r\nbody\r\n"), std::string("A: b\r\n\nmixed\r\nends\n"),
          std::string("A: b\n\r\nmixed\n\r\n\n"), std::string("\r\r\n\r\rx\n\n"),
          "A: b\n\n" + long_line + "\n" + long_line + "\r\n" + std::string(600, '\n')}) {
        CAPTURE(message);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{254},
                                        std::size_t{255}, std::size_t{256}, std::size_t{257}, std::size_t{100000}}) {
            CAPTURE(piece);
            CHECK(size_in_pieces(message, piece) == expected_size(message));
        }
    }
}
