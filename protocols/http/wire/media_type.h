// Media types and parameters: "text/html; charset=utf-8". RFC 9110 §5.6.6, §8.3.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace http::wire {

struct Parameter {
    std::string name;   // lower case
    std::string value;  // unquoted
    friend bool operator==(const Parameter&, const Parameter&) = default;
};

// parameters = *( OWS ";" OWS [ parameter ] ); parameter = token "=" ( token / quoted-string ), without spaces around
// "=". nullopt: it is something else.
std::optional<std::vector<Parameter>> parse_parameters(std::string_view text);

struct MediaType {
    std::string type;     // lower case
    std::string subtype;  // lower case
    std::vector<Parameter> parameters{};

    // "application/json", in lower case; whatever the parameters.
    bool is(std::string_view name) const { return name == type + "/" + subtype; }
    // The first parameter of this name, in lower case.
    std::optional<std::string_view> parameter(std::string_view name) const;
    friend bool operator==(const MediaType&, const MediaType&) = default;
};

// media-type = type "/" subtype parameters. nullopt: it is none.
std::optional<MediaType> parse_media_type(std::string_view text);

}  // namespace http::wire
