// The closed table of charsets: names and aliases used in mail, and iconv's name for each. From IANA's registry
// (RFC 2978), plus names that senders invented. No other name from a message reaches iconv, which would load any
// charset file installed under that name.
#pragma once

#include <string_view>

namespace mime {

// iconv's name for the charset, or for the superset that senders mean by it (WHATWG encoding standard); "UTF-8",
// "US-ASCII" and "WINDOWS-1252" for these. Ignores ASCII case, quotes and white space around it. Empty: not in the
// table.
std::string_view find_charset(std::string_view name);

}  // namespace mime
