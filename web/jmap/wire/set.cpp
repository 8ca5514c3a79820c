// What all /set methods have in common. RFC 8620 §5.3.
#include "web/jmap/wire/set.h"

#include <algorithm>
#include <utility>

#include "web/jmap/wire/method_error.h"
#include "web/jmap/wire/types.h"

namespace jmap {
namespace {

// `by_reference`: "#k1" is an id, too.
std::vector<std::pair<std::string, Json>> map_of(Arguments& arguments, const char* name, bool by_reference) {
    std::vector<std::pair<std::string, Json>> map;
    const Json* object = arguments.object_or_null(name);
    if (object == nullptr) return map;
    for (const auto& [id, value] : object->items()) {
        if (!is_id(by_reference && id.starts_with('#') ? id.substr(1) : id))
            throw invalid_arguments(std::string(name) + ": not an id");
        if (!value.is_object()) throw invalid_arguments(std::string(name) + ": not an object");
        map.emplace_back(id, value);
    }
    return map;
}

template <class Map>
Json null_if_empty(const Map& map) {
    return map.empty() ? Json(nullptr) : Json(map);
}

Json errors_of(const std::map<std::string, SetError>& errors) {
    Json json = nullptr;
    for (const auto& [id, error] : errors) json[id] = to_json(error);
    return json;
}

}  // namespace

Json to_json(const SetError& error) {
    Json json = error.extra;
    json["type"] = error.type;
    if (!error.description.empty()) json["description"] = error.description;
    if (!error.properties.empty()) json["properties"] = error.properties;
    return json;
}

SetError invalid_properties(std::vector<std::string> properties, std::string description) {
    return {.type = "invalidProperties", .description = std::move(description), .properties = std::move(properties)};
}

std::vector<std::string> wrongly_changed(const Json& present, const Json& wanted,
                                         std::span<const std::string_view> settable) {
    std::vector<std::string> wrong;
    for (const auto& [name, value] : wanted.items()) {
        const bool may_change = std::ranges::find(settable, name) != settable.end();
        if (!may_change && (!present.contains(name) || present[name] != value)) wrong.push_back(name);
    }
    for (const auto& [name, value] : present.items()) {
        if (!wanted.contains(name)) wrong.push_back(name);
    }
    return wrong;
}

SetArguments read_set(Arguments& arguments, std::size_t most, const std::string& state) {
    const std::optional<std::string> expected = arguments.string_or_null("ifInState");
    SetArguments set{.create = map_of(arguments, "create", false),
                     .update = map_of(arguments, "update", true),
                     .destroy = arguments.ids_or_null("destroy").value_or(std::vector<std::string>())};
    if (set.create.size() + set.update.size() + set.destroy.size() > most) {
        throw MethodError("requestTooLarge", "too many objects");
    }
    if (expected && *expected != state) throw MethodError("stateMismatch");
    std::set<std::string> seen;
    std::erase_if(set.destroy, [&](const std::string& id) { return !seen.insert(id).second; });
    return set;
}

Json set_response(const std::string& account_id, const std::string& old_state, const std::string& new_state,
                  const SetOutcome& outcome) {
    return {{"accountId", account_id},
            {"oldState", old_state},
            {"newState", new_state},
            {"created", null_if_empty(outcome.created)},
            {"updated", null_if_empty(outcome.updated)},
            {"destroyed", null_if_empty(outcome.destroyed)},
            {"notCreated", errors_of(outcome.not_created)},
            {"notUpdated", errors_of(outcome.not_updated)},
            {"notDestroyed", errors_of(outcome.not_destroyed)}};
}

}  // namespace jmap
