// Mailbox names on the wire of IMAP4rev1: modified UTF-7. RFC 3501 §5.1.3, RFC 2152 (what it modifies).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imap::wire {

// A mailbox name in modified UTF-7 as UTF-8. Strict: nothing where the encoding is broken, superfluous (printable
// ASCII in base64, a null shift), holds 8-bit or control octets, unpaired surrogates or U+0000.
std::optional<std::string> decode_mutf7(std::string_view name);

// Appends UTF-8 text in modified UTF-7. What is not UTF-8 becomes U+FFFD.
void append_mutf7(std::string& out, std::string_view utf8);

}  // namespace imap::wire
