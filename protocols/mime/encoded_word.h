// Non-ASCII text in header fields. RFC 2047, with RFC 2231 §5 (language in an encoded word).
// Parameters of Content-* fields use another coding: parameter.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mime {

// The value as UTF-8: encoded words decoded, white space between adjacent ones dropped, characters that a sender split
// between two words joined again; folds removed. Malformed words stay as they are; raw 8-bit octets go through
// field_to_utf8(). The result is always well-formed UTF-8.
std::string decode_encoded_words(std::string_view value, std::string_view charset = {});

// A field's value with raw 8-bit octets converted to UTF-8, encoded words and folds left in place. The whole field is
// taken to be in one charset: UTF-8 if valid, else `charset`, the message's own, else Windows-1252 (CLIENTS.md 32).
std::string field_to_utf8(std::string_view value, std::string_view charset);

// UTF-8 text as unstructured field content in ASCII: words that need it become encoded words of at most 75 octets (Q or
// B, whichever is shorter), separated by single spaces. Other text is returned unchanged.
std::string encode_unstructured(std::string_view utf8);

// The same for a phrase (display name): without need for encoded words, an atom sequence or quoted string
// (RFC 5322 §3.2.5).
std::string encode_phrase(std::string_view utf8);

// A whole field, "Name: value\r\n", folded at white space: lines have at most 78 octets where possible and never more
// than 998 (RFC 5322 §2.1.1). CR, LF and NUL in the value become spaces, so that no value can add a field.
std::string fold_field(std::string_view name, std::string_view value);

}  // namespace mime
