// Cookies of a request. RFC 6265 §4.2, §5.4.
#pragma once

#include <optional>
#include <string_view>

#include "protocols/http/wire/message.h"

namespace http::wire {

// The value of the first cookie of that name (names have a case); views are into the fields. What else is there is
// ignored, however it looks.
std::optional<std::string_view> cookie_value(std::string_view cookie_string, std::string_view name);
std::optional<std::string_view> cookie_value(const Fields& fields, std::string_view name);

}  // namespace http::wire
