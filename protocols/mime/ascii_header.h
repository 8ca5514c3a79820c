// Header sections with UTF-8 in them, for readers that did not ask for UTF-8: in the ASCII forms that everyone knows.
// RFC 6856 §2.1, in the spirit of RFC 6858.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mime {

constexpr std::size_t most_ascii_header_octets = std::size_t{128} << 10;  // a longer section stays as it is

// The section in ASCII. Nothing where it may stay as it is: it is ASCII, or too long, or has other 8-bit octets (old
// charsets, undeclared), which are nobody's UTF-8 and which readers have learnt to guess.
std::optional<std::string> ascii_header(std::string_view section);

}  // namespace mime
