// Looks for several texts in one that flows by, in one pass. RFC 3501 §6.4.4; how text is compared: mime/casemap.h.
// Text comes as UTF-8 in pieces; where it comes from is search/match.h's.
// Memory: the piece at hand and as much of the one before as the longest needle could reach into.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace imap {

class TextScanner {
  public:
    // found[i] is set when needles[i], which are folded, has been seen; both outlive the scanner. Needles found already
    // cost nothing.
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
