// SASLprep (RFC 4013): makes user names and passwords comparable, whatever keyboard they were typed on. Uses utf8proc's
// tables, of a newer Unicode than stringprep's 3.2: characters that were unassigned then are normalised too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sasl {

// The prepared string; nullopt if text is not UTF-8, or has what RFC 4013 §2.3 prohibits or §2.4 (bidi) forbids.
std::optional<std::string> saslprep(std::string_view text);

// The password prepared, or unchanged if that is not possible, so that every password ever set keeps working.
std::string normalise_password(std::string_view password);

}  // namespace sasl
