// Lines out of octets that come in pieces. RFC 9112 §2.2: only CRLF ends a line; a CR or LF alone makes it faulty,
// since others may see two lines there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace http::wire {

class LineReader {
  public:
    enum class Outcome : std::uint8_t {
        need_more,  // all input is taken
        line,
        too_long,       // more than max_octets before CRLF; not all of it is taken
        bare_line_end,  // it has a CR or LF alone
    };
    // Takes octets off the front of `input`, up to the end of the line. The result does not depend on the cuts. After
    // too_long or bare_line_end: of no further use.
    Outcome take(std::string_view& input, std::size_t max_octets);
    // After `line`: without its CRLF, valid until the next take(). After `need_more`: what has come of it.
    std::string_view text() const { return text_; }

  private:
    std::string text_;
    bool ended_ = true;
};

}  // namespace http::wire
