// Values with parameters: Content-Type, Content-Disposition. RFC 2045 §5.1, RFC 2183 §2, RFC 2231 (continuations,
// charset and language). Knows no particular types or dispositions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

// One parameter. RFC 2231 continuations are already joined. A value with charset information keeps the name's "*" and
// its coded form ("filename*", "utf-8''na%C3%AFve.txt"): parameter() decodes it.
struct Parameter {
    std::string name;  // lower case
    std::string value;

    bool operator==(const Parameter&) const = default;
};

// "text/plain; charset=utf-8" or "attachment; filename=a.txt".
struct ParameterizedValue {
    std::string value;  // before the first ";", comments and white space removed: "text/plain", "attachment"
    std::vector<Parameter> parameters;

    bool operator==(const ParameterizedValue&) const = default;
};

// Forgiving: accepts missing quotes, spaces around "=", empty elements, raw 8-bit octets. Of equal names the first
// counts. `cut` becomes true if there are more than max_parameters.
ParameterizedValue parse_parameterized(std::string_view value, std::size_t max_parameters = 100, bool* cut = nullptr);

// The value of the parameter of that name, as UTF-8: decodes RFC 2231, otherwise RFC 2047 encoded words, which many
// senders use there although RFC 2047 §5 forbids it. nullopt if there is no such parameter.
std::optional<std::string> parameter(std::span<const Parameter> parameters, std::string_view name);

// The same for a given value: a "*" in `name` says that it is in RFC 2231's coded form.
std::string decode_parameter(std::string_view name, std::string_view value);

// "; name=value" in ASCII for composing: a token, a quoted string, or RFC 2231's form for other text.
std::string render_parameter(std::string_view name, std::string_view utf8);

}  // namespace mime
