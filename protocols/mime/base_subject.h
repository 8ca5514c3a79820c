// The base subject: a Subject without "Re:", "Fwd:", "[list]" and "(fwd)". RFC 5256 §2.1, §5. The caller chooses the
// collation for comparing.
#pragma once

#include <string>
#include <string_view>

namespace mime {

struct BaseSubject {
    std::string text;                  // UTF-8 as sent, white space as single spaces; may be empty
    bool is_reply_or_forward = false;  // a mark of a reply or a forward was removed (RFC 5256 §3)
};

// From a Subject field's raw value: encoded words are decoded first. Linear time for any input.
BaseSubject base_subject(std::string_view subject);

}  // namespace mime
