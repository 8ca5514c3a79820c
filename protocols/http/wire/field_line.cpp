#include "protocols/http/wire/field_line.h"

#include "protocols/base/text.h"
#include "protocols/http/wire/characters.h"

namespace http::wire {

std::expected<Field, Fault> parse_field_line(std::string_view line) {
    const auto fault = [](const char* what) { return std::unexpected(Fault{400, what}); };
    if (line.empty() || base::is_space(line.front())) return fault("A header field must not be folded");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return fault("A header field without a colon");
    const std::string_view name = line.substr(0, colon);
    if (!name.empty() && base::is_space(name.back())) return fault("White space before the colon of a header field");
    if (!is_token(name)) return fault("Invalid name of a header field");
    const std::string_view value = without_ows(line.substr(colon + 1));
    if (!is_value(value)) return fault("Invalid octet in the value of a header field");
    return Field{.name = base::lower(name), .value = std::string(value)};
}

}  // namespace http::wire
