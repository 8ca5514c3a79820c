// Sums in single octets, so that the compiler can use vector instructions.
#include "protocols/mime/text_size.h"

#include <algorithm>

namespace mime {
namespace {

constexpr std::size_t block = 255;  // the largest sum that fits in one octet

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
        std::uint8_t count = 0;
        const std::size_t end = std::min(at + block, octets.size());
        for (std::size_t i = at; i < end; ++i) count += octets[i] == '\n' && octets[i - 1] != '\r' ? 1 : 0;
        bare_line_feeds_ += count;
    }
    last_ = octets.back();
}

void TextSize::look_for_blank_line(std::string_view octets) {
    char before = last_;
    for (const char c : octets) {
        if (c == '\n') {
            if (line_octets_ == 0 || (line_octets_ == 1 && before == '\r')) {
                blank_line_ = true;
                return;
            }
            line_octets_ = 0;
        } else {
            ++line_octets_;
        }
        before = c;
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
