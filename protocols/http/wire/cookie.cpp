#include "protocols/http/wire/cookie.h"

#include <algorithm>

#include "protocols/http/wire/characters.h"

namespace http::wire {

// cookie-string = cookie-pair *( ";" SP cookie-pair )
std::optional<std::string_view> cookie_value(std::string_view cookie_string, std::string_view name) {
    while (!cookie_string.empty()) {
        const std::string_view pair = cookie_string.substr(0, cookie_string.find(';'));
        cookie_string.remove_prefix(std::min(pair.size() + 1, cookie_string.size()));
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && without_ows(pair.substr(0, equals)) == name) {
            return without_ows(pair.substr(equals + 1));
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> cookie_value(const Fields& fields, std::string_view name) {
    for (const std::string_view cookies : all_values(fields, "cookie")) {
        if (const auto value = cookie_value(cookies, name)) return value;
    }
    return std::nullopt;
}

}  // namespace http::wire
