// SASLprep (RFC 4013): user names and passwords made comparable, whatever keyboard they came from.
// Tables are utf8proc's, of a newer Unicode than stringprep's 3.2: what was unassigned then is normalised as it is now.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sasl {

// The prepared string; nothing if text is not UTF-8, or has what RFC 4013 §2.3 prohibits or §2.4 (bidi) forbids.
std::optional<std::string> saslprep(std::string_view text);

// The password prepared, or as it is where it cannot be: so that every password ever set keeps working.
std::string normalise_password(std::string_view password);

}  // namespace sasl
