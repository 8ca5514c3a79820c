// Header sections. RFC 5322 §2.2; subsets: RFC 9051 §6.4.5.1.
// Splits lines and names only; values are parsed elsewhere.
#include "protocols/mime/header.h"

#include <algorithm>
#include <cstring>

#include "protocols/base/text.h"

namespace mime {
namespace {

// The line at `at`, its line end included.
std::string_view line_at(std::string_view text, std::size_t at) {
    const void* end = std::memchr(text.data() + at, '\n', text.size() - at);
    if (end == nullptr) return text.substr(at);
    return text.substr(at, static_cast<std::size_t>(static_cast<const char*>(end) - (text.data() + at)) + 1);
}

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// ftext (RFC 5322 §2.2): what a field name is made of.
constexpr bool is_name_octet(char c) { return c > 32 && c < 127 && c != ':'; }

bool is_less(std::string_view a, std::string_view b) {
    return std::ranges::lexicographical_compare(a, b, {}, base::to_lower, base::to_lower);
}

}  // namespace

HeaderLine classify_header_line(std::string_view line) {
    line = without_line_end(line);
    if (line.empty()) return HeaderLine::blank;
    if (base::is_space(line.front())) return HeaderLine::continuation;
    std::size_t i = 0;
    while (i < line.size() && is_name_octet(line[i])) ++i;
    if (i == 0) return HeaderLine::malformed;
    while (i < line.size() && base::is_space(line[i])) ++i;  // obs-optional, RFC 5322 §4.5.8
    return i < line.size() && line[i] == ':' ? HeaderLine::field : HeaderLine::malformed;
}

std::optional<HeaderField> HeaderReader::next() {
    while (position_ < section_.size()) {
        const std::size_t start = position_;
        const std::string_view first = line_at(section_, start);
        const HeaderLine kind = classify_header_line(first);
        position_ += first.size();
        if (kind == HeaderLine::blank) {
            section_ = section_.substr(0, position_);
            return std::nullopt;
        }
        if (kind != HeaderLine::field) continue;
        while (position_ < section_.size() && base::is_space(section_[position_])) {
            position_ += line_at(section_, position_).size();
        }
        const std::size_t colon = first.find(':');
        const std::string_view whole = section_.substr(start, position_ - start);
        return HeaderField{.name = base::trim(whole.substr(0, colon)),
                           .value = without_line_end(whole.substr(colon + 1)),
                           .offset = start,
                           .size = whole.size()};
    }
    return std::nullopt;
}

std::vector<HeaderField> parse_header(std::string_view section, std::size_t max_fields) {
    std::vector<HeaderField> fields;
    HeaderReader reader(section);
    while (fields.size() < max_fields) {
        const std::optional<HeaderField> field = reader.next();
        if (!field) break;
        fields.push_back(*field);
    }
    return fields;
}

std::optional<HeaderField> find_field(std::string_view section, std::string_view name) {
    HeaderReader reader(section);
    while (const std::optional<HeaderField> field = reader.next()) {
        if (base::iequals(field->name, name)) return field;
    }
    return std::nullopt;
}

std::string unfold(std::string_view value) {
    value = base::trim(value);
    std::string out;
    if (value.find('\n') == std::string_view::npos) return out.assign(value);
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\n') continue;
        if (value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n') continue;
        out += value[i];
    }
    return out;
}

std::string filter_header(std::string_view section, std::span<const std::string> names, HeaderFilter filter) {
    // A peer chooses both: the fields of a message, and the names.
    std::vector<std::string_view> sorted(names.begin(), names.end());
    std::ranges::sort(sorted, is_less);
    std::string out;
    HeaderReader reader(section);
    while (const std::optional<HeaderField> field = reader.next()) {
        const bool listed = std::ranges::binary_search(sorted, field->name, is_less);
        if (listed == (filter == HeaderFilter::except)) continue;
        out += section.substr(field->offset, field->size);
        if (!out.ends_with('\n')) out += "\r\n";  // the section was cut short
    }
    out += "\r\n";
    return out;
}

}  // namespace mime
