#include "protocols/mailauth/tag_list.h"

#include <algorithm>
#include <iterator>

#include "protocols/base/text.h"

namespace mailauth {

namespace {

constexpr bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// tag-name = ALPHA *( ALPHA / DIGIT / "_" )
bool is_tag_name(std::string_view name) {
    return !name.empty() && base::is_alpha(name.front()) &&
           std::ranges::all_of(name, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_'; });
}

// tag-value = [ tval *( 1*(WSP / FWS) tval ) ], where a tval is of visible characters but ";". The whole is known to be
// UTF-8.
bool is_tag_value(std::string_view value) {
    return std::ranges::all_of(value,
                               [](char c) { return is_white(c) || (c > ' ' && c != '\x7f') || (c & '\x80') != 0; });
}

// For a reason: names may be as long as a peer likes.
std::string named_tag(std::string_view name) { return "tag " + std::string(name.substr(0, 32)); }

}  // namespace

const Tag* TagList::find(std::string_view name) const {
    const auto found = std::ranges::find(tags_, name, &Tag::name);
    return found == tags_.end() ? nullptr : &*found;
}

std::optional<std::string_view> TagList::value(std::string_view name) const {
    const Tag* tag = find(name);
    return tag == nullptr ? std::nullopt : std::optional(tag->value);
}

// tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
// tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
std::expected<TagList, std::string> parse_tag_list(std::string_view text) {
    if (!base::is_utf8(text)) return std::unexpected("not UTF-8");
    std::vector<Tag> tags;
    for (std::string_view rest = text;;) {
        const std::string_view spec = rest.substr(0, rest.find(';'));
        const bool is_last = spec.size() == rest.size();
        // Only after the last ";" may there be nothing.
        if (is_last && base::trim(spec).empty() && !tags.empty()) break;
        const std::size_t equals = spec.find('=');
        const std::string_view name = base::trim(spec.substr(0, equals));
        if (equals == std::string_view::npos || !is_tag_name(name))
            return std::unexpected("no tag where one should be");
        if (std::ranges::find(tags, name, &Tag::name) != tags.end()) return std::unexpected(named_tag(name) + " twice");
        if (tags.size() == max_tags) return std::unexpected("too many tags");
        const std::string_view written = spec.substr(equals + 1);
        const std::string_view value = base::trim(written);
        if (!is_tag_value(value)) return std::unexpected(named_tag(name) + " has other characters than text");
        tags.push_back({.name = name, .value = value, .written = written});
        if (is_last) break;
        rest.remove_prefix(spec.size() + 1);
    }
    return TagList(std::move(tags));
}

std::string without_white_space(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    std::ranges::copy_if(value, std::back_inserter(out), [](char c) { return !is_white(c); });
    return out;
}

std::vector<std::string_view> split_colons(std::string_view value) {
    std::vector<std::string_view> items;
    for (;;) {
        const std::string_view item = value.substr(0, value.find(':'));
        items.push_back(base::trim(item));
        if (item.size() == value.size()) return items;
        value.remove_prefix(item.size() + 1);
    }
}

}  // namespace mailauth
