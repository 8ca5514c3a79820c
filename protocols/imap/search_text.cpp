// Text as SEARCH compares it. RFC 5051 §2 (i;unicode-casemap): titlecase, then compatibility decomposition.
// ASCII, most of all text, takes a short way that does the same.
// The tables are utf8proc's.
#include "protocols/imap/search_text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "protocols/base/text.h"

namespace imap {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

void append_code_point(std::string& out, utf8proc_int32_t code_point) {
    std::array<utf8proc_uint8_t, 4> octets{};
    const auto size = utf8proc_encode_char(code_point, octets.data());
    for (utf8proc_ssize_t i = 0; i < size; ++i) out += static_cast<char>(octets[static_cast<std::size_t>(i)]);
}

// One character that is not ASCII; how many octets it takes.
std::size_t fold_character(std::string& out, std::string_view utf8) {
    utf8proc_int32_t code_point = 0;
    const auto taken = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                        static_cast<utf8proc_ssize_t>(utf8.size()), &code_point);
    if (taken <= 0) {
        out += replacement;
        return 1;
    }
    std::array<utf8proc_int32_t, 32> parts{};
    int boundary = 0;
    const auto count =
        utf8proc_decompose_char(utf8proc_totitle(code_point), parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
                                static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), &boundary);
    if (count <= 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) {
        append_code_point(out, code_point);
    } else {
        for (utf8proc_ssize_t i = 0; i < count; ++i) append_code_point(out, parts[static_cast<std::size_t>(i)]);
    }
    return static_cast<std::size_t>(taken);
}

}  // namespace

void append_folded(std::string& out, std::string_view utf8) {
    while (!utf8.empty()) {
        const auto ascii_end = std::ranges::find_if(utf8, [](char c) { return static_cast<signed char>(c) < 0; });
        const auto ascii = static_cast<std::size_t>(ascii_end - utf8.begin());
        const std::size_t start = out.size();
        out.append(utf8.substr(0, ascii));
        std::transform(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
                       out.begin() + static_cast<std::ptrdiff_t>(start), base::to_upper);
        utf8.remove_prefix(ascii);
        if (!utf8.empty()) utf8.remove_prefix(fold_character(out, utf8));
    }
}

std::string folded(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    append_folded(out, utf8);
    return out;
}

bool holds(std::string_view folded_text, std::string_view folded_needle) {
    if (folded_needle.empty()) return true;
    return memmem(folded_text.data(), folded_text.size(), folded_needle.data(), folded_needle.size()) != nullptr;
}

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
    append_folded(window_, utf8);
    for (std::size_t i = 0; i < needles_.size(); ++i) {
        if (found_[i] || !holds(window_, needles_[i])) continue;
        found_[i] = true;
        --missing_;
    }
    if (window_.size() > overlap_) window_.erase(0, window_.size() - overlap_);
}

}  // namespace imap
