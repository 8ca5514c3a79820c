// Resolving result references: the three steps of RFC 8620 §3.7.
#include "web/jmap/wire/result_references.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "web/jmap/wire/pointer.h"

namespace jmap {
namespace {

struct Reference {
    std::string result_of;
    std::string name;
    std::vector<std::string> path;
};

MethodError unresolved(const std::string& argument, const std::string& why) {
    return MethodError("invalidResultReference", argument + ": " + why);
}

const std::string& text_of(const Json& reference, const char* member, const std::string& argument) {
    const auto found = reference.find(member);
    if (found == reference.end() || !found->is_string()) {
        throw unresolved(argument, "\"" + std::string(member) + "\" is not a string");
    }
    return found->get_ref<const std::string&>();
}

Reference parse_reference(const Json& value, const std::string& argument) {
    if (!value.is_object()) throw unresolved(argument, "not a ResultReference");
    auto path = parse_pointer(text_of(value, "path", argument));
    if (!path) throw unresolved(argument, "the path is not a JSON Pointer");
    return {.result_of = text_of(value, "resultOf", argument),
            .name = text_of(value, "name", argument),
            .path = *std::move(path)};
}

Json resolve(const Json& value, const std::string& argument, std::span<const Invocation> responses, std::size_t& most) {
    const Reference reference = parse_reference(value, argument);
    const auto response = std::ranges::find(responses, reference.result_of, &Invocation::id);
    if (response == responses.end()) throw unresolved(argument, "no call before this one has that id");
    if (response->name != reference.name) throw unresolved(argument, "the response has another name");
    std::optional<Json> found = evaluate_pointer(response->arguments, reference.path, most);
    if (!found) throw unresolved(argument, "the path leads to nothing, or to too much");
    return *std::move(found);
}

}  // namespace

Json resolve_references(Json arguments, std::span<const Invocation> responses, std::size_t& most) {
    std::vector<std::string> referring;
    for (const auto& [name, value] : arguments.items()) {
        if (name.starts_with('#')) referring.push_back(name);
    }
    for (const std::string& name : referring) {
        if (arguments.contains(name.substr(1))) throw invalid_arguments(name + " is given without \"#\", too");
    }
    for (const std::string& name : referring) {
        Json resolved = resolve(arguments[name], name, responses, most);
        arguments.erase(name);
        arguments[name.substr(1)] = std::move(resolved);
    }
    return arguments;
}

std::set<std::string> referred_ids(std::span<const Invocation> calls) {
    std::set<std::string> ids;
    for (const Invocation& call : calls) {
        for (const auto& [name, value] : call.arguments.items()) {
            if (!name.starts_with('#') || !value.is_object()) continue;
            const auto id = value.find("resultOf");
            if (id != value.end() && id->is_string()) ids.insert(id->get<std::string>());
        }
    }
    return ids;
}

}  // namespace jmap
