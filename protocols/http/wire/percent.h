// Percent-encoding (RFC 3986 §2.1) and forms (application/x-www-form-urlencoded, WHATWG URL §5), as queries have them.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace http::wire {

// All but unreserved characters encoded (RFC 3986 §2.3).
std::string percent_encode(std::string_view text);

// nullopt: a "%" without two hex digits. The result may have any octet: NUL, "/", what is not UTF-8. Split a path
// before it is decoded.
std::optional<std::string> percent_decode(std::string_view text);

// Fields of a query or form; of repeated names the first counts.
using FormFields = std::map<std::string, std::string, std::less<>>;

// At most so many; what follows is ignored. Anything is a form: a "%" without digits stands for itself, "+" is a space.
FormFields parse_form(std::string_view encoded, std::size_t max_fields = 100);

}  // namespace http::wire
