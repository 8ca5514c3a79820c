// Text made ready to be compared: the collation i;unicode-casemap. RFC 5051 §2; RFC 5255 §4.2 (I18NLEVEL=1).
// Case and composition of characters do not matter then. What is compared with what is the caller's.
#pragma once

#include <string>
#include <string_view>

namespace mime {

// Appends the prepared form: titlecase mapping, then compatibility decomposition. What is not UTF-8 becomes U+FFFD.
void append_folded(std::string& out, std::string_view utf8);
std::string folded(std::string_view utf8);

// Whether prepared text holds the prepared needle; the empty one is everywhere.
bool holds(std::string_view folded_text, std::string_view folded_needle);

}  // namespace mime
