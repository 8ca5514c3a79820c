// Matching JSON with patterns.
#include "tests/support/json_pattern.h"

#include <algorithm>
#include <utility>

namespace support {
namespace {

using nlohmann::json;

// The name, if that is all of the text.
std::string name_in(const std::string& text) {
    const bool is_name = text.size() > 2 && text.starts_with('<') && text.find('>') == text.size() - 1;
    return is_name ? text.substr(1, text.size() - 2) : "";
}

std::string replaced(std::string text, const JsonNames& names) {
    for (const auto& [name, value] : names) {
        if (!value.is_string()) continue;
        const std::string mark = "<" + name + ">";
        const auto& known = value.get_ref<const std::string&>();
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + known.size())) {
            text.replace(at, mark.size(), known);
        }
    }
    return text;
}

bool matches_object(const json& pattern, const json& value, JsonNames& names) {
    std::size_t wanted = 0;
    for (const auto& [name, inner] : pattern.items()) {
        if (name == "...") continue;
        ++wanted;
        const auto found = value.find(replaced(name, names));
        if (found == value.end() || !matches_json(inner, *found, names)) return false;
    }
    return pattern.contains("...") || wanted == value.size();
}

bool is_among(const json& pattern, const json& array, JsonNames& names) {
    return std::ranges::any_of(array, [&](const json& element) {
        JsonNames tried = names;
        if (!matches_json(pattern, element, tried)) return false;
        names = std::move(tried);
        return true;
    });
}

bool matches_array(const json& pattern, const json& value, JsonNames& names) {
    if (!pattern.empty() && pattern[0] == "...") {
        return std::all_of(pattern.begin() + 1, pattern.end(),
                           [&](const json& each) { return is_among(each, value, names); });
    }
    if (pattern.size() != value.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!matches_json(pattern[i], value[i], names)) return false;
    }
    return true;
}

}  // namespace

bool matches_json(const json& pattern, const json& value, JsonNames& names) {
    if (pattern.is_string()) {
        const std::string name = name_in(pattern.get_ref<const std::string&>());
        if (name == "text") return true;
        if (!name.empty()) return names.try_emplace(name, value).first->second == value;
        return value == replaced(pattern.get<std::string>(), names);
    }
    if (pattern.is_object()) return value.is_object() && matches_object(pattern, value, names);
    if (pattern.is_array()) return value.is_array() && matches_array(pattern, value, names);
    return pattern == value;
}

json with_names(const json& pattern, const JsonNames& names) {
    if (pattern.is_string()) {
        const auto known = names.find(name_in(pattern.get_ref<const std::string&>()));
        return known != names.end() ? known->second : json(replaced(pattern.get<std::string>(), names));
    }
    if (pattern.is_object()) {
        json object = json::object();
        for (const auto& [name, inner] : pattern.items()) object[replaced(name, names)] = with_names(inner, names);
        return object;
    }
    if (!pattern.is_array()) return pattern;
    json array = json::array();
    for (const json& inner : pattern) array.push_back(with_names(inner, names));
    return array;
}

}  // namespace support
