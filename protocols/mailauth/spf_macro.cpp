#include "protocols/mailauth/spf_macro.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/lexical.h"

namespace mailauth {
namespace {

constexpr std::string_view delimiter_octets = ".-+,/_=";
constexpr std::size_t most_parts = 1'000'000;  // larger numbers of parts keep all of them, too

bool is_known_macro(char letter, SpfMacroPlace place) {
    constexpr std::string_view everywhere = "slodiphv";
    constexpr std::string_view explanations = "crt";
    return everywhere.contains(letter) || (place != SpfMacroPlace::term && explanations.contains(letter));
}

class MacroReader {
  public:
    MacroReader(std::string_view text, SpfMacroPlace place) : text_(text), place_(place) {}

    std::expected<std::vector<SpfMacroPart>, std::string> read() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '%') {
                if (!read_percent()) return std::unexpected(error_);
            } else if ((c > ' ' && c <= '~') || (c == ' ' && place_ == SpfMacroPlace::explanation)) {
                add(c);
                ++at_;
            } else {
                return std::unexpected("it has an octet that is not visible ASCII");
            }
        }
        return std::move(parts_);
    }

  private:
    void add(std::string_view text) {
        if (parts_.empty() || parts_.back().letter != 0) parts_.emplace_back();
        parts_.back().text += text;
    }
    void add(char c) { add(std::string_view(&c, 1)); }

    bool fail(std::string what) {
        error_ = std::move(what);
        return false;
    }

    // macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
    bool read_percent() {
        const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        at_ += 2;
        switch (next) {
            case '%':
                add("%");
                return true;
            case '_':
                add(" ");
                return true;
            case '-':
                add("%20");
                return true;
            case '{':
                return read_macro();
            default:
                return fail("a \"%\" begins no macro");
        }
    }

    // transformers = *DIGIT [ "r" ]
    bool read_macro() {
        SpfMacroPart part;
        const char letter = at_ < text_.size() ? text_[at_++] : '\0';
        part.letter = base::to_lower(letter);
        part.url_escape = part.letter != letter;
        if (letter == '\0' || !is_known_macro(part.letter, place_))
            return fail("it has a macro that is not known here");
        const std::size_t digits = at_;
        for (; at_ < text_.size() && base::is_digit(text_[at_]); ++at_) {
            part.keep = std::min(most_parts, part.keep * 10 + static_cast<std::size_t>(text_[at_] - '0'));
        }
        if (at_ > digits && part.keep == 0) return fail("a macro keeps no part");
        if (at_ < text_.size() && base::to_lower(text_[at_]) == 'r') {
            part.reverse = true;
            ++at_;
        }
        for (; at_ < text_.size() && delimiter_octets.contains(text_[at_]); ++at_) part.delimiters += text_[at_];
        if (at_ == text_.size() || text_[at_] != '}') return fail("a macro is not closed");
        ++at_;
        if (part.delimiters.empty()) part.delimiters = ".";
        parts_.push_back(std::move(part));
        return true;
    }

    std::string_view text_;
    SpfMacroPlace place_;
    std::size_t at_ = 0;
    std::vector<SpfMacroPart> parts_;
    std::string error_;
};

// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_top_label(std::string_view label) {
    const auto is_alphanum = [](char c) { return base::is_alpha(c) || base::is_digit(c); };
    if (label.empty() || !is_alphanum(label.front()) || !is_alphanum(label.back())) return false;
    return std::ranges::all_of(label, [&](char c) { return is_alphanum(c) || c == '-'; }) &&
           !std::ranges::all_of(label, base::is_digit);
}

// The labels of %{ir}: for IPv6 each of 4 bits. The public test suite wants capitals; the DNS does not care.
std::string dotted_address(const asio::ip::address& client) {
    if (client.is_v4()) return client.to_string();
    std::string text;
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const unsigned char octet : client.to_v6().to_bytes()) {
        for (const int half : {octet >> 4, octet & 15})
            text.append(1, digits[static_cast<std::size_t>(half)]).append(1, '.');
    }
    text.pop_back();
    return text;
}

std::string macro_value(char letter, const SpfMacroValues& values) {
    switch (letter) {
        case 's':
            return values.local_part + "@" + values.sender_domain;
        case 'l':
            return values.local_part;
        case 'o':
            return values.sender_domain;
        case 'd':
            return values.domain;
        case 'i':
            return dotted_address(values.client);
        case 'c':
            return values.client.to_string();
        case 'v':
            return values.client.is_v4() ? "in-addr" : "ip6";
        case 'h':
            return values.helo;
        case 'p':
            return values.confirmed_name;
        case 'r':
            return values.receiver;
        default:
            return std::to_string(values.now);  // t
    }
}

std::vector<std::string_view> split_at(std::string_view value, std::string_view delimiters) {
    std::vector<std::string_view> pieces;
    for (;;) {
        const std::size_t end = value.find_first_of(delimiters);
        pieces.push_back(value.substr(0, end));
        if (end == std::string_view::npos) return pieces;
        value.remove_prefix(end + 1);
    }
}

std::string transformed(std::string_view value, const SpfMacroPart& part) {
    std::vector<std::string_view> pieces = split_at(value, part.delimiters);
    if (part.reverse) std::ranges::reverse(pieces);
    const std::size_t first = part.keep == 0 || part.keep >= pieces.size() ? 0 : pieces.size() - part.keep;
    std::string joined(pieces[first]);
    for (std::size_t i = first + 1; i < pieces.size(); ++i) joined.append(".").append(pieces[i]);
    return joined;
}

// All but the unreserved characters of RFC 3986 §2.3.
std::string url_escaped(std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        if (base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~").contains(c)) {
            escaped += c;
        } else {
            mime::append_hex(escaped += '%', c);
        }
    }
    return escaped;
}

}  // namespace

std::expected<std::vector<SpfMacroPart>, std::string> parse_spf_macros(std::string_view text, SpfMacroPlace place) {
    return MacroReader(text, place).read();
}

bool ends_as_domain_spec(std::string_view text) {
    // What follows the last macro or escape.
    for (std::size_t percent = text.find('%'); percent != std::string_view::npos; percent = text.find('%')) {
        const bool is_macro = text.substr(percent + 1).starts_with('{');
        const std::size_t end = is_macro ? text.find('}', percent) : percent + 1;
        if (end >= text.size()) return false;
        text.remove_prefix(end + 1);
        if (text.empty()) return true;
    }
    if (text.ends_with('.')) text.remove_suffix(1);
    const std::size_t dot = text.rfind('.');
    return dot != std::string_view::npos && is_top_label(text.substr(dot + 1));
}

std::optional<std::string> expand_spf_macros(const std::vector<SpfMacroPart>& parts, const SpfMacroValues& values,
                                             std::size_t most_octets) {
    std::string expanded;
    for (const SpfMacroPart& part : parts) {
        if (part.letter == 0) {
            expanded += part.text;
        } else {
            const std::string value = transformed(macro_value(part.letter, values), part);
            expanded += part.url_escape ? url_escaped(value) : value;
        }
        if (expanded.size() > most_octets) return std::nullopt;
    }
    return expanded;
}

bool has_spf_macro(const std::vector<SpfMacroPart>& parts, std::string_view letters) {
    return std::ranges::any_of(
        parts, [&](const SpfMacroPart& part) { return part.letter != 0 && letters.contains(part.letter); });
}

}  // namespace mailauth
