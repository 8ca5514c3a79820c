#include "protocols/http/wire/percent.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"

namespace http::wire {

namespace {

int hex_value(char c) {
    if (base::is_digit(c)) return c - '0';
    const char low = base::to_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// pct-encoded = "%" HEXDIG HEXDIG, at the beginning of `text`.
std::optional<char> encoded_octet(std::string_view text) {
    if (text.size() < 3 || text[0] != '%') return std::nullopt;
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

std::string decode_form(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::optional<char> octet = encoded_octet(text);
        out += octet.value_or(text[0] == '+' ? ' ' : text[0]);
        text.remove_prefix(octet ? 3 : 1);
    }
    return out;
}

// Returns what comes before the first `mark`; text becomes what follows it.
std::string_view cut_at(std::string_view& text, char mark) {
    const std::string_view before = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(before.size() + 1, text.size()));
    return before;
}

}  // namespace

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~").contains(c)) {
            out += c;
        } else {
            out += '%';
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 15];
        }
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::optional<char> octet = encoded_octet(text);
        if (!octet && text[0] == '%') return std::nullopt;
        out += octet.value_or(text[0]);
        text.remove_prefix(octet ? 3 : 1);
    }
    return out;
}

FormFields parse_form(std::string_view encoded, std::size_t max_fields) {
    FormFields fields;
    while (!encoded.empty() && fields.size() < max_fields) {
        std::string_view value = cut_at(encoded, '&');
        if (value.empty()) continue;
        std::string name = decode_form(cut_at(value, '='));
        fields.try_emplace(std::move(name), decode_form(value));
    }
    return fields;
}

}  // namespace http::wire
