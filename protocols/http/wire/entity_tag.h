// Entity tags: RFC 9110 §8.8.3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http::wire {

struct EntityTag {
    std::string opaque;  // without quotes
    bool weak = false;
    friend bool operator==(const EntityTag&, const EntityTag&) = default;
};

// entity-tag = [ %s"W/" ] DQUOTE *etagc DQUOTE; nullopt: it is none.
std::optional<EntityTag> parse_entity_tag(std::string_view text);

// #entity-tag (If-Match, If-None-Match): nullopt if anything in it is none. A backslash is no escape in a tag, so that
// list_elements() does not do.
std::optional<std::vector<EntityTag>> parse_entity_tags(std::string_view text);

// `opaque` has only printable ASCII without quotes: else a bug of ours (expects()).
std::string format_entity_tag(const EntityTag& tag);

// RFC 9110 §8.8.3.2: both are strong and the same; or the same, if they may be weak.
bool matches_strongly(const EntityTag& one, const EntityTag& other);
bool matches_weakly(const EntityTag& one, const EntityTag& other);

}  // namespace http::wire
