// Values with parameters. RFC 2045 §5.1; continuations and charsets: RFC 2231 §3, §4.
// Reads what senders write: missing quotes, missing semicolons, file names with spaces and parentheses.
#include "protocols/mime/parameter.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/lexical.h"

namespace mime {
namespace {

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

    // White space, comments and semicolons before a parameter.
    void skip_separators() {
        while (!at_end()) {
            if (is_blank(text_[at_]) || text_[at_] == ';') {
                ++at_;
            } else if (!comment()) {
                return;
            }
        }
    }

    // The value before the parameters, without white space and comments. White space ends it too, except around a
    // slash.
    std::string head() {
        std::string out;
        bool space = false;
        while (!at_end() && text_[at_] != ';') {
            const char c = text_[at_];
            if (comment() || is_blank(c)) {
                if (is_blank(c)) ++at_;
                space = true;
                continue;
            }
            if (space && !out.empty() && !out.ends_with('/') && c != '/') return out;
            out += c;
            space = false;
            ++at_;
        }
        return out;
    }

    std::string name() {
        const std::size_t start = at_;
        while (!at_end() && text_[at_] != '=' && text_[at_] != ';') ++at_;
        return base::lower(base::trim(text_.substr(start, at_ - start)));
    }

    // After the name: "=" and a value; nullopt without "=".
    std::optional<std::string> value() {
        if (at_end() || text_[at_] != '=') return std::nullopt;
        ++at_;
        while (!at_end() && (is_blank(text_[at_]) || comment())) {
            if (!at_end() && is_blank(text_[at_])) ++at_;
        }
        if (!at_end() && text_[at_] == '"') return quoted();
        return unquoted();
    }

  private:
    // Skips a comment at at_. "(" starts one only if white space or a separator comes before it and after its end:
    // "name=report (1).pdf" has none.
    bool comment() {
        if (text_[at_] != '(') return false;
        if (at_ > 0 && !is_blank(text_[at_ - 1]) && text_[at_ - 1] != ';' && text_[at_ - 1] != '/' &&
            text_[at_ - 1] != '=' && text_[at_ - 1] != ')') {
            return false;
        }
        constexpr std::size_t longest = 256;  // keeps the time linear where there are many
        const std::size_t end = comment_end(text_.substr(0, at_ + longest), at_);
        if (end == std::string_view::npos) return false;
        if (end < text_.size() && !is_blank(text_[end]) && text_[end] != ';' && text_[end] != '/' &&
            text_[end] != '"' && text_[end] != '(') {
            return false;
        }
        at_ = end;
        return true;
    }

    std::string quoted() {
        const std::size_t end = quoted_end(text_, at_);
        const std::size_t start = std::exchange(at_, end == std::string_view::npos ? text_.size() : end) + 1;
        return unescape(text_.substr(start, (end == std::string_view::npos ? at_ : end - 1) - start));
    }

    std::string unquoted() {
        const std::size_t start = at_;
        std::size_t end = at_;
        while (!at_end() && text_[at_] != ';') {
            if (const std::size_t word = encoded_word_end(text_, at_); word != std::string_view::npos) {
                end = at_ = word;
                continue;
            }
            if (comment()) continue;
            if (is_blank(text_[at_])) {
                ++at_;
                if (starts_parameter()) break;
                continue;
            }
            end = ++at_;
        }
        return unescape(text_.substr(start, end - start));
    }

    // "name=" after white space: a semicolon is missing before it.
    [[nodiscard]] bool starts_parameter() const {
        std::size_t i = at_;
        while (i < text_.size() && i - at_ < 40 && is_token_octet(text_[i])) ++i;
        return i > at_ && i < text_.size() && text_[i] == '=';
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// A parameter name split by RFC 2231: "title*1*" is base "title", section 1, coded.
struct CodedName {
    std::string_view base;
    std::optional<std::uint32_t> section;
    bool coded = false;
};

CodedName split_name(std::string_view name) {
    CodedName result;
    if (name.ends_with('*')) {
        result.coded = true;
        name.remove_suffix(1);
    }
    const std::size_t star = name.find('*');
    result.base = name.substr(0, star);
    if (star != std::string_view::npos) result.section = base::parse_number<std::uint32_t>(name.substr(star + 1));
    if (star != std::string_view::npos && !result.section) result.base = name;
    return result;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_token_octet(c) && c != '*' && c != '\'' && c != '%') {
            out += c;
        } else {
            out += '%';
            append_hex(out, c);
        }
    }
    return out;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && text.size() - i > 2 && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

struct Section {
    bool coded = false;
    std::string value;
};
using Sections = std::map<std::uint32_t, Section>;  // by number; of equal numbers the first counts

// Joins the sections of one name: in order, up to the first missing one.
Parameter join(std::string_view name, const Sections& sections) {
    const bool coded = std::ranges::any_of(sections, [](const auto& section) { return section.second.coded; });
    Parameter result{.name = std::string(name) + (coded ? "*" : ""), .value = {}};
    std::uint32_t expected = sections.begin()->first;
    if (coded && !sections.begin()->second.coded) result.value = "''";
    for (const auto& [number, section] : sections) {
        if (number != expected++) break;
        result.value += coded && !section.coded ? percent_encode(section.value) : section.value;
    }
    return result;
}

Sections sections_of(std::string_view base, const std::vector<Parameter>& raw) {
    Sections sections;
    for (const Parameter& parameter : raw) {
        const CodedName name = split_name(parameter.name);
        if (name.section && name.base == base) {
            sections.try_emplace(*name.section, Section{.coded = name.coded, .value = parameter.value});
        }
    }
    return sections;
}

// Joins continuations, at the place of the first of them; drops parameters whose name occurred before.
std::vector<Parameter> join_continuations(const std::vector<Parameter>& raw) {
    std::vector<Parameter> result;
    std::vector<std::string_view> joined;
    for (const Parameter& parameter : raw) {
        const CodedName name = split_name(parameter.name);
        if (name.section && std::ranges::find(joined, name.base) != joined.end()) continue;
        if (name.section) joined.push_back(name.base);
        Parameter whole = name.section ? join(name.base, sections_of(name.base, raw)) : parameter;
        if (std::ranges::find(result, whole.name, &Parameter::name) == result.end()) {
            result.push_back(std::move(whole));
        }
    }
    return result;
}

const Parameter* find(std::span<const Parameter> parameters, std::string_view name) {
    const auto found =
        std::ranges::find_if(parameters, [&](const Parameter& p) { return base::iequals(p.name, name); });
    return found == parameters.end() ? nullptr : &*found;
}

}  // namespace

ParameterizedValue parse_parameterized(std::string_view value, std::size_t max_parameters, bool* cut) {
    Reader in(value);
    ParameterizedValue result;
    result.value = in.head();
    std::vector<Parameter> raw;
    for (;;) {
        in.skip_separators();
        if (in.at_end()) break;
        if (raw.size() >= max_parameters) {
            if (cut != nullptr) *cut = true;
            break;
        }
        std::string name = in.name();
        std::optional<std::string> text = in.value();
        if (name.empty() || !text) continue;
        raw.push_back({.name = std::move(name), .value = std::move(*text)});
    }
    result.parameters = join_continuations(raw);
    return result;
}

std::optional<std::string> parameter(std::span<const Parameter> parameters, std::string_view name) {
    const std::string coded_name = std::string(name) + '*';
    if (const Parameter* coded = find(parameters, coded_name)) return decode_parameter(coded->name, coded->value);
    if (const Parameter* plain = find(parameters, name)) return decode_parameter(plain->name, plain->value);
    return std::nullopt;
}

std::string decode_parameter(std::string_view name, std::string_view value) {
    if (!name.ends_with('*')) return decode_encoded_words(value);
    const std::size_t first = value.find('\'');
    const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
    if (second == std::string_view::npos) return to_utf8(percent_decode(value), "utf-8");
    return to_utf8(percent_decode(value.substr(second + 1)), value.substr(0, first));
}

std::string render_parameter(std::string_view name, std::string_view utf8) {
    constexpr std::size_t piece_octets = 54;  // with a name like "filename*10*" a line stays below 78
    std::string out = "; " + std::string(name);
    if (!utf8.empty() && std::ranges::all_of(utf8, is_token_octet)) return out + '=' + std::string(utf8);
    const bool printable = std::ranges::all_of(utf8, [](char c) { return c >= ' ' && c < 127; });
    if (printable && utf8.size() <= piece_octets) return out + '=' + quote(utf8);
    const std::string coded = percent_encode(utf8);
    if (coded.size() <= piece_octets) return out + "*=utf-8''" + coded;
    out.clear();
    std::size_t at = 0;
    for (std::size_t section = 0; at < coded.size(); ++section) {
        std::size_t size = std::min(piece_octets, coded.size() - at);
        while (at + size < coded.size() && (coded[at + size - 1] == '%' || coded[at + size - 2] == '%')) --size;
        out += "; " + std::string(name) + '*' + std::to_string(section) + "*=" + (section == 0 ? "utf-8''" : "");
        out += coded.substr(at, size);
        at += size;
    }
    return out;
}

}  // namespace mime
