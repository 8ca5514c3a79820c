// Sums in single octets, so that the compiler can use vector instructions.
#include "protocols/mime/text_size.h"

#include <algorithm>

namespace mime {
namespace {

constexpr std::size_t block = 255;  // the largest sum that fits in one octet

// How many of at most 255 octets are line feeds without a carriage return in front; `before` begins one octet earlier.
// No branch, so that the compiler uses vector instructions.
std::uint8_t count_bare(const char* before, const char* octets, std::size_t size) {
    std::uint8_t count = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const auto is_feed = static_cast<std::uint8_t>(octets[i] == '\n');
        const auto after_return = static_cast<std::uint8_t>(before[i] == '\r');
        count += is_feed & ~after_return;
    }
    return count;
}

}  // namespace

std::uint64_t count_line_feeds(std::string_view octets) {
    std::uint64_t total = 0;
    while (!octets.empty()) {
        std::uint8_t count = 0;
        for (const char c : octets.substr(0, block)) count += c == '\n' ? 1 : 0;
        total += count;
        octets.remove_prefix(std::min(block, octets.size()));
    }
    return total;
}

void TextSize::feed(std::string_view octets) {
    if (octets.empty()) return;
    if (!blank_line_) look_for_blank_line(octets);
    stored_ += octets.size();
    if (octets.front() == '\n' && last_ != '\r') ++bare_line_feeds_;
    for (std::size_t at = 1; at < octets.size(); at += block) {
        bare_line_feeds_ += count_bare(octets.data() + at - 1, octets.data() + at, std::min(block, octets.size() - at));
    }
    last_ = octets.back();
}

void TextSize::look_for_blank_line(std::string_view octets) {
    std::size_t start = 0;  // of the current line, without what earlier pieces held
    while (true) {
        const std::size_t feed = octets.find('\n', start);
        line_octets_ += std::min(feed, octets.size()) - start;
        if (feed == std::string_view::npos) return;
        const char before = feed == 0 ? last_ : octets[feed - 1];
        if (line_octets_ == 0 || (line_octets_ == 1 && before == '\r')) {
            blank_line_ = true;
            return;
        }
        line_octets_ = 0;
        start = feed + 1;
    }
}

std::uint64_t TextSize::octets() const {
    const bool ended = last_ == '\n';
    const bool ends_in_blank_line = !ended && line_octets_ == 1 && last_ == '\r';
    std::uint64_t octets = stored_ + bare_line_feeds_;
    if (!ended) octets += last_ == '\r' ? 1 : 2;
    if (!blank_line_ && !ends_in_blank_line) octets += 2;
    return octets;
}

}  // namespace mime
