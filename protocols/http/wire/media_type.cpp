#include "protocols/http/wire/media_type.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/http/wire/characters.h"

namespace http::wire {

namespace {

std::string_view take_token(std::string_view& text) {
    const auto* const end = std::ranges::find_if_not(text, is_tchar);
    const std::string_view token = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(token.size());
    return token;
}

// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE (RFC 9110 §5.6.4).
std::optional<std::string> take_quoted_string(std::string_view& text) {
    std::string value;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            text.remove_prefix(at + 1);
            return value;
        }
        if (text[at] == '\\') ++at;
        if (at == text.size() || !is_value_octet(text[at])) break;
        value += text[at];
    }
    return std::nullopt;
}

std::optional<Parameter> take_parameter(std::string_view& text) {
    const std::string_view name = take_token(text);
    if (name.empty() || !text.starts_with('=')) return std::nullopt;
    text.remove_prefix(1);
    Parameter parameter{.name = base::lower(name), .value = {}};
    if (text.starts_with('"')) {
        std::optional<std::string> value = take_quoted_string(text);
        if (!value) return std::nullopt;
        parameter.value = *std::move(value);
    } else {
        parameter.value = take_token(text);
        if (parameter.value.empty()) return std::nullopt;
    }
    return parameter;
}

}  // namespace

std::optional<std::vector<Parameter>> parse_parameters(std::string_view text) {
    std::vector<Parameter> parameters;
    for (text = without_ows(text); !text.empty(); text = without_ows(text)) {
        if (text.front() != ';') return std::nullopt;
        text = without_ows(text.substr(1));
        if (text.empty() || text.front() == ';') continue;
        std::optional<Parameter> parameter = take_parameter(text);
        if (!parameter) return std::nullopt;
        parameters.push_back(*std::move(parameter));
    }
    return parameters;
}

std::optional<std::string_view> MediaType::parameter(std::string_view name) const {
    const auto found = std::ranges::find(parameters, name, &Parameter::name);
    return found == parameters.end() ? std::nullopt : std::optional<std::string_view>(found->value);
}

std::optional<MediaType> parse_media_type(std::string_view text) {
    const std::string_view type = take_token(text);
    if (type.empty() || !text.starts_with('/')) return std::nullopt;
    text.remove_prefix(1);
    const std::string_view subtype = take_token(text);
    std::optional<std::vector<Parameter>> parameters = parse_parameters(text);
    if (subtype.empty() || !parameters) return std::nullopt;
    return MediaType{.type = base::lower(type), .subtype = base::lower(subtype), .parameters = *std::move(parameters)};
}

}  // namespace http::wire
