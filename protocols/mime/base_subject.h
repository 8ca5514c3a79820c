// The base subject: what is left of a Subject without "Re:", "Fwd:", "[list]" and "(fwd)". RFC 5256 §2.1, §5.
// What it is compared with, and in which collation, is the caller's.
#pragma once

#include <string>
#include <string_view>

namespace mime {

struct BaseSubject {
    std::string text;                  // UTF-8 as it stood, white space as single spaces; may be empty
    bool is_reply_or_forward = false;  // a mark of a reply or a forward was taken away (RFC 5256 §3)
};

// Of a Subject field's raw value: encoded words are decoded first. Linear in its length, whatever it holds.
BaseSubject base_subject(std::string_view subject);

}  // namespace mime
