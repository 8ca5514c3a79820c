// Rewrites header sections that hold UTF-8 as ASCII, for clients that did not ask for UTF-8. RFC 6856 §2.1, in the
// spirit of RFC 6858.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mime {

constexpr std::size_t most_ascii_header_octets = std::size_t{128} << 10;  // a longer section stays as it is

// The section in ASCII. nullopt if it should stay as it is: it is ASCII already, too long, or has 8-bit octets that are
// not UTF-8 (old undeclared charsets, which clients guess).
std::optional<std::string> ascii_header(std::string_view section);

}  // namespace mime
