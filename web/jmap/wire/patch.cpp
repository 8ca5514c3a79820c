// Patches by pointers with an implicit leading "/". RFC 8620 §5.3.
#include "web/jmap/wire/patch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "web/jmap/wire/pointer.h"

namespace jmap {
namespace {

using nlohmann::json;
using Path = std::vector<std::string>;

std::expected<std::vector<std::pair<Path, const json*>>, std::string> paths_of(const json& patch) {
    std::vector<std::pair<Path, const json*>> paths;
    for (const auto& [pointer, value] : patch.items()) {
        std::optional<Path> path = parse_pointer("/" + pointer);
        if (!path) return std::unexpected("not a JSON Pointer: " + pointer);
        paths.emplace_back(*std::move(path), &value);
    }
    return paths;
}

// In the order of paths, whatever begins with a path follows it at once.
bool has_prefixes(std::vector<std::pair<Path, const json*>>& paths) {
    std::ranges::sort(paths, {}, &std::pair<Path, const json*>::first);
    for (std::size_t i = 1; i < paths.size(); ++i) {
        const Path& before = paths[i - 1].first;
        const Path& path = paths[i].first;
        if (before.size() <= path.size() && std::equal(before.begin(), before.end(), path.begin())) return true;
    }
    return false;
}

}  // namespace

std::expected<void, std::string> apply_patch(json& object, const json& patch, const json& defaults) {
    if (!patch.is_object()) return std::unexpected("a patch is an object");
    auto paths = paths_of(patch);
    if (!paths) return std::unexpected(std::move(paths.error()));
    if (has_prefixes(*paths)) return std::unexpected("a pointer is the prefix of another");
    for (const auto& [path, value] : *paths) {
        json* parent = &object;
        for (std::size_t i = 0; i + 1 < path.size(); ++i) {
            const auto next = parent->find(path[i]);
            if (!parent->is_object() || next == parent->end()) {
                return std::unexpected("there is no object at " + path[i]);
            }
            parent = &*next;
        }
        const std::string& name = path.back();
        if (!parent->is_object()) return std::unexpected("a pointer leads into what is no object: " + name);
        if (!value->is_null()) {
            (*parent)[name] = *value;
        } else if (parent == &object && defaults.contains(name)) {
            (*parent)[name] = defaults[name];
        } else {
            parent->erase(name);
        }
    }
    return {};
}

}  // namespace jmap
