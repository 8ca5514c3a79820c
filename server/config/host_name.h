// The server's host name: peers look it up and check it. RFC 5321 §2.3.5, RFC 1123 §2.1, RFC 5890 §2.3.2.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace server {

// The name as A-labels in lower case: letters, digits and hyphens between dots. nullopt if it is not a host name
// (blanks, underscores, an address, a port, an empty or too long label).
std::optional<std::string> host_name(std::string_view given);

}  // namespace server
