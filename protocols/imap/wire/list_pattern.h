// LIST's patterns against mailbox names: '*' matches anything, '%' anything but the hierarchy separator.
// RFC 9051 §6.3.9. Names and patterns are UTF-8 already; which names there are is the session's to know.
#pragma once

#include <string>
#include <string_view>

namespace imap::wire {

// The pattern in the reference's context: joined, unless the pattern starts at the root with the separator.
std::string join_reference(std::string_view reference, std::string_view pattern, char separator);

// Whether the whole name fits. INBOX, as the first level of a name, fits in any case. Linear in name times pattern.
bool matches_list_pattern(std::string_view pattern, std::string_view name, char separator);

}  // namespace imap::wire
