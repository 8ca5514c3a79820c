// The closed table of charsets: the names and aliases that mail uses, and what iconv calls each. IANA's character sets
// registry (RFC 2978) as far as mail has them, and senders' own names. No other name from a message reaches iconv,
// which would load whatever its files offer by that name.
#pragma once

#include <string_view>

namespace mime {

// iconv's name for the charset, or for the superset that senders mean by it (WHATWG encoding standard); "UTF-8",
// "US-ASCII" and "WINDOWS-1252" for these. Any ASCII case; quotes and white space around it are forgiven. Empty: it is
// none of the table's.
std::string_view find_charset(std::string_view name);

}  // namespace mime
