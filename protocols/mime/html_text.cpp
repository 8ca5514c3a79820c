// Text of HTML. A tokenizer for tags, comments and character references, as far as text needs them.
// Forgiving as browsers are: "<" that starts no tag is text, an unfinished tag at the end is dropped.
#include "protocols/mime/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/charset.h"

namespace mime {
namespace {

constexpr std::size_t longest_tag_name = 16;
constexpr std::size_t longest_reference = 10;

// Tags that do not separate words; all others do.
constexpr std::string_view inline_tags[] = {"a",      "abbr", "b",     "big",  "code", "del",   "em",   "font",
                                            "i",      "ins",  "label", "mark", "s",    "small", "span", "strike",
                                            "strong", "sub",  "sup",   "tt",   "u",    "wbr"};

// Elements whose content is not shown as text.
constexpr std::string_view raw_tags[] = {"script", "style", "title"};

// Names of the characters U+00A0 to U+00FF, in order.
constexpr std::array<std::string_view, 96> latin1_names = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

struct NamedCharacter {
    std::string_view name;
    std::uint32_t code;
};
constexpr NamedCharacter named_characters[] = {
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},        {"quot", '"'},      {"apos", '\''},
    {"ndash", 0x2013}, {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201A},
    {"ldquo", 0x201C}, {"rdquo", 0x201D},  {"bdquo", 0x201E},  {"bull", 0x2022},   {"hellip", 0x2026},
    {"euro", 0x20AC},  {"trade", 0x2122},  {"zwnj", 0x200C},   {"zwj", 0x200D},    {"ensp", 0x2002},
    {"emsp", 0x2003},  {"thinsp", 0x2009}, {"lsaquo", 0x2039}, {"rsaquo", 0x203A}, {"larr", 0x2190},
    {"rarr", 0x2192},  {"OElig", 0x0152},  {"oelig", 0x0153},  {"Scaron", 0x0160}, {"scaron", 0x0161}};

bool is_one_of(std::string_view name, auto&& names) { return std::ranges::find(names, name) != std::end(names); }

constexpr bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

// Octets that are copied unchanged in text.
constexpr std::array<bool, 256> is_plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const char c = static_cast<char>(i);
        table[i] = !is_white(c) && c != '<' && c != '&';
    }
    return table;
}();

std::optional<std::uint32_t> parse_hex(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The character of a reference without "&" and ";": "amp", "#228", "#xE4".
std::optional<std::uint32_t> resolve(std::string_view name) {
    if (name.starts_with("#")) {
        name.remove_prefix(1);
        const bool hex = name.starts_with('x') || name.starts_with('X');
        const std::optional<std::uint32_t> code =
            hex ? parse_hex(name.substr(1)) : base::parse_number<std::uint32_t>(name);
        if (!code || *code == 0 || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) return std::nullopt;
        return code;
    }
    const auto* const latin1 = std::ranges::find(latin1_names, name);
    if (latin1 != latin1_names.end()) return static_cast<std::uint32_t>(0xA0 + (latin1 - latin1_names.begin()));
    const auto* const known = std::ranges::find(named_characters, name, &NamedCharacter::name);
    if (known != std::end(named_characters)) return known->code;
    return std::nullopt;
}

}  // namespace

void HtmlText::feed(std::string_view html, std::string& out) {
    while (!html.empty()) {
        html.remove_prefix(skip(html, out));
        if (html.empty()) return;
        const char c = html.front();
        html.remove_prefix(1);
        switch (place_) {
            case Place::text:
                in_text(c, out);
                break;
            case Place::reference:
                in_reference(c, out);
                break;
            case Place::tag:
                in_tag(c, out);
                break;
            case Place::comment:
                in_comment(c);
                break;
            case Place::raw:
                in_raw(c);
                break;
        }
    }
}

// Handles a run of octets that does not change the tokenizer's state; returns its length.
std::size_t HtmlText::skip(std::string_view html, std::string& out) {
    std::size_t size = 0;
    if (place_ == Place::text) {
        while (size < html.size() && is_plain[static_cast<unsigned char>(html[size])]) ++size;
        put(html.substr(0, size), out);
    } else if (place_ == Place::tag && quote_ != 0) {
        size = std::min(html.find(quote_), html.size());
        if (size > 0) before_ = html[size - 1];
    } else if (place_ == Place::tag && held_.size() == longest_tag_name) {
        for (; size < html.size() && html[size] != '>' && html[size] != '"' && html[size] != '\''; ++size) {
            if (!is_white(html[size])) before_ = html[size];
        }
    } else if (place_ == Place::raw && held_.empty()) {
        size = std::min(html.find('<'), html.size());
    }
    return size;
}

void HtmlText::finish(std::string& out) {
    if (place_ == Place::reference) put(std::exchange(held_, {}), out);
    *this = HtmlText();
}

void HtmlText::put(std::string_view text, std::string& out) {
    if (text.empty()) return;
    if (space_ && started_) out += ' ';
    space_ = false;
    started_ = true;
    out += text;
}

void HtmlText::in_text(char c, std::string& out) {
    if (is_white(c)) {
        space_ = true;
    } else if (c == '<') {
        place_ = Place::tag;
        held_.clear();
        before_ = 0;
    } else if (c == '&') {
        place_ = Place::reference;
        held_ = "&";
    } else {
        put({&c, 1}, out);
    }
}

void HtmlText::in_reference(char c, std::string& out) {
    const bool goes_on = base::is_alpha(c) || base::is_digit(c) || (c == '#' && held_.size() == 1);
    if (goes_on && held_.size() < longest_reference) {
        held_ += c;
        return;
    }
    place_ = Place::text;
    const std::string held = std::exchange(held_, {});
    const std::optional<std::uint32_t> code = resolve(std::string_view(held).substr(1));
    if (!code) {
        put(held, out);
        return in_text(c, out);
    }
    if (*code == 0xA0 || *code == 0x20) {
        space_ = true;
    } else {
        std::string character;
        base::append_utf8(character, *code);
        put(character, out);
    }
    if (c != ';') in_text(c, out);
}

void HtmlText::in_tag(char c, std::string& out) {
    if (held_.empty() && !base::is_alpha(c) && c != '/' && c != '!' && c != '?') {
        place_ = Place::text;
        put("<", out);
        return in_text(c, out);
    }
    if (quote_ != 0) {
        if (c == quote_) quote_ = 0;
        before_ = c;
        return;
    }
    if (c == '>') return end_tag();
    if ((c == '"' || c == '\'') && before_ == '=') quote_ = c;
    if (!is_white(c)) before_ = c;
    if (held_.size() < longest_tag_name) held_ += base::to_lower(c);
    if (held_ == "!--") {
        place_ = Place::comment;
        held_.clear();
    }
}

void HtmlText::end_tag() {
    place_ = Place::text;
    std::string_view name = held_;
    const bool closing = name.starts_with('/');
    if (closing) name.remove_prefix(1);
    name = name.substr(0, name.find_first_of(" \t\r\n\f/"));
    if (!is_one_of(name, inline_tags)) space_ = true;
    if (!closing && is_one_of(name, raw_tags)) {
        raw_until_ = "</" + std::string(name);
        place_ = Place::raw;
    }
    held_.clear();
}

void HtmlText::in_comment(char c) {
    held_ += c;
    if (held_.size() > 3) held_.erase(0, 1);
    if (!held_.ends_with("-->") && held_ != ">") return;
    place_ = Place::text;
    held_.clear();
}

void HtmlText::in_raw(char c) {
    if (c == '<') held_.clear();
    held_ += base::to_lower(c);
    if (!raw_until_.starts_with(held_)) held_.clear();
    if (held_ != raw_until_) return;
    held_.erase(0, 1);
    before_ = 0;
    place_ = Place::tag;
}

std::string html_to_text(std::string_view html) {
    std::string out;
    HtmlText text;
    text.feed(html, out);
    text.finish(out);
    return to_utf8(out, "utf-8");
}

}  // namespace mime
