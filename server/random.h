// Random numbers and texts.
#pragma once

#include <cstddef>
#include <string>

namespace server {

// `octets` unpredictable octets as hexadecimal digits.
std::string random_text(std::size_t octets);

// Below `limit`. For the order of equal hosts: it need not be unpredictable.
std::size_t random_below(std::size_t limit);

}  // namespace server
