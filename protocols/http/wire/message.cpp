// Look-ups in the fields of a message. RFC 9110 §5.3, §5.6.1.
#include "protocols/http/wire/message.h"

#include <algorithm>

#include "protocols/base/text.h"

namespace http::wire {

namespace {

// Where the element that begins `text` ends: at a comma outside of quotes, or at the end.
std::size_t element_end(std::string_view text) {
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '"') quoted = !quoted;
        if (text[at] == '\\' && quoted) ++at;  // quoted-pair (RFC 9110 §5.6.4)
        if (text[at] == ',' && !quoted) return at;
    }
    return text.size();
}

void append_elements(std::string_view value, std::vector<std::string_view>& elements) {
    while (!value.empty()) {
        const std::size_t end = element_end(value);
        const std::string_view element = base::trim(value.substr(0, end));
        if (!element.empty()) elements.push_back(element);
        value.remove_prefix(std::min(end + 1, value.size()));
    }
}

}  // namespace

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) {
    const std::size_t at = target.find('?');
    return at == std::string_view::npos ? std::string_view() : target.substr(at + 1);
}

std::optional<std::string_view> first_value(const Fields& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &Field::name);
    return found == fields.end() ? std::nullopt : std::optional<std::string_view>(found->value);
}

std::vector<std::string_view> all_values(const Fields& fields, std::string_view name) {
    std::vector<std::string_view> values;
    for (const Field& field : fields) {
        if (field.name == name) values.emplace_back(field.value);
    }
    return values;
}

std::optional<std::string> joined_value(const Fields& fields, std::string_view name) {
    std::optional<std::string> joined;
    for (const std::string_view value : all_values(fields, name)) {
        if (joined) {
            joined->append(", ").append(value);
        } else {
            joined = value;
        }
    }
    return joined;
}

std::vector<std::string_view> list_elements(std::string_view value) {
    std::vector<std::string_view> elements;
    append_elements(value, elements);
    return elements;
}

std::vector<std::string_view> list_elements(const Fields& fields, std::string_view name) {
    std::vector<std::string_view> elements;
    for (const std::string_view value : all_values(fields, name)) append_elements(value, elements);
    return elements;
}

bool has_token(const Fields& fields, std::string_view name, std::string_view token) {
    return std::ranges::any_of(list_elements(fields, name),
                               [&](std::string_view element) { return base::iequals(element, token); });
}

}  // namespace http::wire
