// Prepares text for comparison: the collation i;unicode-casemap. RFC 5051 §2; RFC 5255 §4.2 (I18NLEVEL=1). Prepared
// texts are equal if they differ only in case or in how characters are composed.
#pragma once

#include <string>
#include <string_view>

namespace mime {

// Appends the prepared form: titlecase mapping, then compatibility decomposition. Invalid UTF-8 becomes U+FFFD.
void append_folded(std::string& out, std::string_view utf8);
std::string folded(std::string_view utf8);

// Whether prepared text contains the prepared needle; an empty needle is always found.
bool holds(std::string_view folded_text, std::string_view folded_needle);

}  // namespace mime
