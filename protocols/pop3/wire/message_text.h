// A message as RETR and TOP send it: byte-stuffed lines that all end in CRLF. RFC 1939 §3 (multi-line responses), §7
// (TOP). Content comes in pieces of any size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pop3::wire {

class MessageText {
  public:
    // body_lines: how many lines of the body follow the header (TOP); empty: all (RETR).
    explicit MessageText(std::optional<std::uint64_t> body_lines = std::nullopt) : body_lines_(body_lines) {}

    // Appends the output for the next octets of the content.
    void append(std::string_view content, std::string& out);
    // True if the lines that TOP asked for are complete: further content is ignored.
    bool complete() const { return in_body_ && body_lines_ && *body_lines_ == 0; }
    // Completes the last line, adds a missing blank line after the header, and ends the response.
    void finish(std::string& out);

  private:
    void line_ended(std::string& out);
    void append_piece(std::string_view piece, std::string& out);

    std::optional<std::uint64_t> body_lines_;  // still to come
    std::uint64_t line_octets_ = 0;            // of the current line, so far
    bool after_cr_ = false;
    bool in_body_ = false;
};

}  // namespace pop3::wire
