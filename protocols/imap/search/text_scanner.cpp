// Searches substrings in text that comes in pieces. A few are faster found one by one, since the C library compares
// many octets at once; more are found by the automaton.
#include "protocols/imap/search/text_scanner.h"

#include <algorithm>

#include "protocols/mime/casemap.h"

namespace imap {

namespace {

constexpr std::size_t few = 4;

}  // namespace

TextScanner::TextScanner(const Needles& needles, std::vector<bool>& found) : needles_(needles), found_(found) {
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        if (needles_[i].empty()) found_[i] = true;
        if (found_[i]) continue;
        ++missing_;
        overlap_ = std::max(overlap_, needles_[i].size() - 1);
    }
    one_by_one_ = needles_.size() <= few;
}

void TextScanner::feed(std::string_view utf8) {
    if (all_found()) return;
    if (!one_by_one_) window_.clear();
    mime::append_folded(window_, utf8);
    if (!one_by_one_) return look_for_all();
    look_for_each();
    if (window_.size() > overlap_) window_.erase(0, window_.size() - overlap_);
}

void TextScanner::look_for_each() {
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        if (!found_[i] && mime::holds(window_, needles_[i])) note(i);
    }
}

void TextScanner::look_for_all() {
    Needles::State state = state_;
    for (const char octet : window_) {
        state = needles_.next(state, octet);
        // Where one was found before, the shorter ones were, too.
        for (Needles::State whole = needles_.whole(state); whole != Needles::start;
             whole = needles_.next_whole(whole)) {
            if (found_[needles_.number(whole)]) break;
            note(needles_.number(whole));
        }
    }
    state_ = state;
}

void TextScanner::note(std::size_t needle) {
    found_[needle] = true;
    --missing_;
}

}  // namespace imap
