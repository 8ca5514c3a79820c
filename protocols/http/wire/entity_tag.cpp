#include "protocols/http/wire/entity_tag.h"

#include <algorithm>

#include "protocols/base/expects.h"
#include "protocols/http/wire/characters.h"

namespace http::wire {

namespace {

// etagc = %x21 / %x23-7E / obs-text
bool is_etagc(char c) { return is_value_octet(c) && !base::is_space(c) && c != '"'; }

// Takes one off the front of `text`.
std::optional<EntityTag> take_entity_tag(std::string_view& text) {
    EntityTag tag{.opaque = {}, .weak = text.starts_with("W/")};
    if (tag.weak) text.remove_prefix(2);
    if (!text.starts_with('"')) return std::nullopt;
    text.remove_prefix(1);
    const std::size_t end = text.find('"');
    if (end == std::string_view::npos || !std::ranges::all_of(text.substr(0, end), is_etagc)) return std::nullopt;
    tag.opaque = text.substr(0, end);
    text.remove_prefix(end + 1);
    return tag;
}

}  // namespace

std::optional<EntityTag> parse_entity_tag(std::string_view text) {
    std::optional<EntityTag> tag = take_entity_tag(text);
    return text.empty() ? tag : std::nullopt;
}

std::optional<std::vector<EntityTag>> parse_entity_tags(std::string_view text) {
    std::vector<EntityTag> tags;
    bool separated = true;
    for (text = without_ows(text); !text.empty(); text = without_ows(text)) {
        if (text.front() == ',') {
            text.remove_prefix(1);
            separated = true;
            continue;
        }
        std::optional<EntityTag> tag = separated ? take_entity_tag(text) : std::nullopt;
        if (!tag) return std::nullopt;
        tags.push_back(*std::move(tag));
        separated = false;
    }
    return tags;
}

std::string format_entity_tag(const EntityTag& tag) {
    const auto fits = [](char c) { return is_visible(c) && c != '"'; };
    base::expects(std::ranges::all_of(tag.opaque, fits), "an entity tag has no quotes or controls");
    return (tag.weak ? "W/\"" : "\"") + tag.opaque + "\"";
}

bool matches_strongly(const EntityTag& one, const EntityTag& other) { return !one.weak && one == other; }

bool matches_weakly(const EntityTag& one, const EntityTag& other) { return one.opaque == other.opaque; }

}  // namespace http::wire
