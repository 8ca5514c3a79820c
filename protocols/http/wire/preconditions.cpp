#include "protocols/http/wire/preconditions.h"

#include <algorithm>
#include <vector>

#include "protocols/http/wire/http_date.h"

namespace http::wire {

namespace {

// "*" / #entity-tag: whether the present representation is among them. A value that is neither names none.
bool names_present(std::string_view value, const Representation& present,
                   bool (*matches)(const EntityTag&, const EntityTag&)) {
    if (value == "*") return present.exists;
    if (!present.tag) return false;
    const std::optional<std::vector<EntityTag>> tags = parse_entity_tags(value);
    return tags && std::ranges::any_of(*tags, [&](const EntityTag& tag) { return matches(tag, *present.tag); });
}

// Whether the present representation is later than the field's date; nullopt: the field is to be ignored.
std::optional<bool> changed_since(const Fields& fields, std::string_view name, const Representation& present,
                                  std::int64_t now) {
    const std::vector<std::string_view> values = all_values(fields, name);
    if (values.size() != 1 || !present.last_modified) return std::nullopt;
    const std::optional<std::int64_t> date = parse_http_date(values.front(), now);
    return date ? std::optional(*present.last_modified > *date) : std::nullopt;
}

}  // namespace

Verdict judge_preconditions(std::string_view method, const Fields& fields, const Representation& present,
                            std::int64_t now) {
    const bool reads = method == "GET" || method == "HEAD";
    if (const auto if_match = joined_value(fields, "if-match")) {
        if (!names_present(*if_match, present, matches_strongly)) return Verdict::failed;
    } else if (changed_since(fields, "if-unmodified-since", present, now).value_or(false)) {
        return Verdict::failed;
    }
    if (const auto if_none_match = joined_value(fields, "if-none-match")) {
        if (!names_present(*if_none_match, present, matches_weakly)) return Verdict::perform;
        return reads ? Verdict::not_modified : Verdict::failed;
    }
    const bool unchanged = reads && !changed_since(fields, "if-modified-since", present, now).value_or(true);
    return unchanged ? Verdict::not_modified : Verdict::perform;
}

std::optional<std::string_view> wanted_range(std::string_view method, const Fields& fields,
                                             const Representation& present) {
    const std::vector<std::string_view> ranges = all_values(fields, "range");
    if (method != "GET" || ranges.size() != 1) return std::nullopt;
    const std::vector<std::string_view> conditions = all_values(fields, "if-range");
    if (conditions.empty()) return ranges.front();
    const std::optional<EntityTag> tag = parse_entity_tag(conditions.front());
    const bool holds = conditions.size() == 1 && tag && present.tag && matches_strongly(*tag, *present.tag);
    return holds ? std::optional(ranges.front()) : std::nullopt;
}

}  // namespace http::wire
