// Searches a stream of text for several needles in one pass. RFC 3501 §6.4.4; mime/casemap.h says how text is compared.
// Text comes as UTF-8 in pieces from search/match.h. Memory: the current piece, and of the one before as much as the
// longest needle may need.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace imap {

class TextScanner {
  public:
    // found[i] is set when needles[i] (folded) was seen; both must outlive the scanner. Needles found already cost
    // nothing.
    TextScanner(const std::vector<std::string>& needles, std::vector<bool>& found);
    // Whole characters of UTF-8.
    void feed(std::string_view utf8);
    // The text ends: no match crosses this.
    void finish() { window_.clear(); }
    bool all_found() const { return missing_ == 0; }

  private:
    const std::vector<std::string>& needles_;
    std::vector<bool>& found_;
    std::size_t missing_ = 0;
    std::size_t overlap_ = 0;  // octets of the longest needle, minus one
    std::string window_;
};

}  // namespace imap
