// The length of a message as text: every line ended by CRLF, the last one too, and a blank line after the header
// section (RFC 5322 §2.1). POP3 sends it so (RFC 1939 §3, §11), whatever line ends are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mime {

// Counts the line ends.
std::uint64_t count_line_feeds(std::string_view octets);

// Feed it a message in pieces of any size.
class TextSize {
  public:
    void feed(std::string_view octets);

    // Octets of the message as text, if it ends here.
    [[nodiscard]] std::uint64_t octets() const;

  private:
    void look_for_blank_line(std::string_view octets);

    std::uint64_t stored_ = 0;
    std::uint64_t bare_line_feeds_ = 0;
    std::uint64_t line_octets_ = 0;  // of the current line, until a blank one was found
    char last_ = '\n';
    bool blank_line_ = false;
};

}  // namespace mime
