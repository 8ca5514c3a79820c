// Searches a stream of text for several needles in one pass. RFC 3501 §6.4.4; mime/casemap.h says how text is compared.
// Text comes as UTF-8 in pieces from search/message_texts.h. Memory: the current piece, and of the one before as much
// as the longest needle may need.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/search/needles.h"

namespace imap {

class TextScanner {
  public:
    // found[i], false at first, is set when needles[i] was seen; both must outlive the scanner.
    TextScanner(const Needles& needles, std::vector<bool>& found);
    // Whole characters of UTF-8.
    void feed(std::string_view utf8);
    // The text ends: no match crosses this.
    void finish() {
        window_.clear();
        state_ = Needles::start;
    }
    bool all_found() const { return missing_ == 0; }

  private:
    void look_for_each();
    void look_for_all();
    void note(std::size_t needle);

    const Needles& needles_;
    std::vector<bool>& found_;
    std::size_t missing_ = 0;
    bool one_by_one_ = false;  // the needles are few
    std::size_t overlap_ = 0;  // octets of the longest needle, minus one
    std::string window_;       // folded: the piece, and if one by one, the overlap before it
    Needles::State state_ = Needles::start;
};

}  // namespace imap
