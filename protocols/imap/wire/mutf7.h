// Mailbox names on the wire of IMAP4rev1: modified UTF-7. RFC 3501 §5.1.3, RFC 2152 (what it modifies).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imap::wire {

// Decodes a mailbox name in modified UTF-7 to UTF-8. Strict: nullopt if the encoding is broken or superfluous
// (printable ASCII in base64, a null shift), or has 8-bit or control octets, unpaired surrogates or U+0000.
std::optional<std::string> decode_mutf7(std::string_view name);

// Appends UTF-8 text in modified UTF-7. Invalid UTF-8 becomes U+FFFD.
void append_mutf7(std::string& out, std::string_view utf8);

}  // namespace imap::wire
