// Evaluating a pointer: RFC 6901 §4, RFC 8620 §3.7.
#include "web/jmap/wire/pointer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "protocols/base/text.h"
#include "web/jmap/wire/i_json.h"

namespace jmap {
namespace {

using nlohmann::json;
using Tokens = std::span<const std::string>;

// "~0" and "~1" alone are escapes (RFC 6901 §3).
std::optional<std::string> unescaped(std::string_view token) {
    std::string text;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] != '~') {
            text += token[i];
            continue;
        }
        ++i;
        if (i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
        text += token[i] == '0' ? '~' : '/';
    }
    return text;
}

// array-index = %x30 / ( %x31-39 *(%x30-39) )
std::optional<std::size_t> index_of(const std::string& token) {
    if (token.size() > 1 && token.front() == '0') return std::nullopt;
    return base::parse_number<std::size_t>(token);
}

const json* child_of(const json& value, const std::string& token) {
    if (value.is_object()) {
        const auto found = value.find(token);
        return found == value.end() ? nullptr : &*found;
    }
    if (!value.is_array()) return nullptr;
    const std::optional<std::size_t> index = index_of(token);
    return index && *index < value.size() ? &value[*index] : nullptr;
}

std::optional<json> copy(const json& value, std::size_t& most) {
    const std::size_t octets = octets_of(value);
    const bool fits = octets <= most;
    most = fits ? most - octets : 0;
    return fits ? std::optional<json>(value) : std::nullopt;
}

std::optional<json> evaluate(const json& value, Tokens tokens, std::size_t& most);

// Applies the rest to every item. An array that comes of an item is added by its contents.
std::optional<json> map_through(const json& array, Tokens rest, std::size_t& most) {
    json gathered = json::array();
    for (const json& item : array) {
        std::optional<json> result = evaluate(item, rest, most);
        if (!result) return std::nullopt;
        if (!result->is_array()) {
            gathered.push_back(*std::move(result));
            continue;
        }
        for (json& inner : *result) gathered.push_back(std::move(inner));
    }
    return gathered;
}

std::optional<json> evaluate(const json& value, Tokens tokens, std::size_t& most) {
    const json* at = &value;
    while (!tokens.empty()) {
        if (at->is_array() && tokens.front() == "*") return map_through(*at, tokens.subspan(1), most);
        at = child_of(*at, tokens.front());
        if (at == nullptr) return std::nullopt;
        tokens = tokens.subspan(1);
    }
    return copy(*at, most);
}

}  // namespace

std::optional<std::vector<std::string>> parse_pointer(std::string_view text) {
    std::vector<std::string> tokens;
    while (!text.empty()) {
        if (text.front() != '/') return std::nullopt;
        text.remove_prefix(1);
        const std::size_t end = std::min(text.find('/'), text.size());
        std::optional<std::string> token = unescaped(text.substr(0, end));
        if (!token) return std::nullopt;
        tokens.push_back(*std::move(token));
        text.remove_prefix(end);
    }
    return tokens;
}

std::optional<json> evaluate_pointer(const json& root, const std::vector<std::string>& tokens, std::size_t& most) {
    return evaluate(root, tokens, most);
}

}  // namespace jmap
