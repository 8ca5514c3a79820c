// Searches substrings in text that comes in pieces.
#include "protocols/imap/search/text_scanner.h"

#include <algorithm>

#include "protocols/mime/casemap.h"

namespace imap {

TextScanner::TextScanner(const std::vector<std::string>& needles, std::vector<bool>& found)
    : needles_(needles), found_(found) {
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        if (needles_[i].empty()) found_[i] = true;
        if (found_[i]) continue;
        ++missing_;
        overlap_ = std::max(overlap_, needles_[i].size() - 1);
    }
}

void TextScanner::feed(std::string_view utf8) {
    if (all_found()) return;
    mime::append_folded(window_, utf8);
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        if (found_[i] || !mime::holds(window_, needles_[i])) continue;
        found_[i] = true;
        --missing_;
    }
    if (window_.size() > overlap_) window_.erase(0, window_.size() - overlap_);
}

}  // namespace imap
