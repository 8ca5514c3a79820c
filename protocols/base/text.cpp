// ASCII text and UTF-8 validity (RFC 3629 §4).
#include "protocols/base/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace base {

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), to_lower);
    return result;
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), to_upper);
    return result;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string_view beginning(std::string_view text, std::size_t octets) {
    if (text.size() <= octets) return text;
    constexpr std::size_t longest_character = 4;
    const auto is_inside = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    std::size_t end = octets;
    while (end > 0 && octets - end < longest_character && is_inside(end)) --end;
    return text.substr(0, is_inside(end) ? octets : end);
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | code >> 12);
        tail(6);
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        tail(12);
        tail(6);
    }
    if (code >= 0x80) tail(0);
}

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead < 0x80) {
            ++i;
            continue;
        }
        std::size_t tail = 0;
        unsigned char low = 0x80;
        unsigned char high = 0xBF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            tail = 1;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            tail = 2;
            if (lead == 0xE0) low = 0xA0;
            if (lead == 0xED) high = 0x9F;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            tail = 3;
            if (lead == 0xF0) low = 0x90;
            if (lead == 0xF4) high = 0x8F;
        } else {
            return false;
        }
        if (text.size() - i <= tail) return false;
        for (std::size_t k = 1; k <= tail; ++k) {
            const auto octet = static_cast<unsigned char>(text[i + k]);
            if (octet < low || octet > high) return false;
            low = 0x80;
            high = 0xBF;
        }
        i += tail + 1;
    }
    return true;
}

bool is_ascii(std::string_view text) { return ascii_prefix(text) == text.size(); }

// Looks at eight octets at a time.
std::size_t ascii_prefix(std::string_view text) {
    std::size_t at = 0;
    std::uint64_t word = 0;
    for (; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & 0x8080808080808080U) != 0) break;
    }
    while (at < text.size() && (text[at] & 0x80) == 0) ++at;
    return at;
}

}  // namespace base
