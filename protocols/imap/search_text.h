// Text as SEARCH compares it: folded, so that case and composition of characters do not matter, and searched for many
// texts in one pass. RFC 3501 §6.4.4; the comparison is i;unicode-casemap (RFC 5051).
// Text comes as UTF-8 in pieces; where it comes from is search_match.h's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace imap {

// Appends the folded form: titlecase mapping, then compatibility decomposition. What is not UTF-8 becomes U+FFFD.
void append_folded(std::string& out, std::string_view utf8);
std::string folded(std::string_view utf8);

// Whether folded text holds the folded needle.
bool holds(std::string_view folded_text, std::string_view folded_needle);

// Looks for several folded needles in a text that flows by.
class TextScanner {
  public:
    // found[i] is set when needles[i] has been seen; both outlive the scanner. Needles found already cost nothing.
    TextScanner(const std::vector<std::string>& needles, std::vector<bool>& found);
    // Whole characters of UTF-8.
    void feed(std::string_view utf8);
    // The text ends: nothing matches across.
    void finish() { window_.clear(); }
    bool all_found() const { return missing_ == 0; }

  private:
    const std::vector<std::string>& needles_;
    std::vector<bool>& found_;
    std::size_t missing_ = 0;
    std::size_t overlap_ = 0;  // octets of the longest needle, less one
    std::string window_;
};

}  // namespace imap
