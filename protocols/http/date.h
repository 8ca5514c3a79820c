// IMF-fixdate, as in Date: RFC 9110 §5.6.7.
#pragma once

#include <cstdint>
#include <string>

namespace http {

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string date_text(std::int64_t unix_seconds);

}  // namespace http
