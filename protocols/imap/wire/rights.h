// Rights on a mailbox as letters. RFC 4314 §2.1, §2.1.1.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "protocols/bits/right.h"

namespace imap::wire {

// RFC 4314 §2.1, and the virtual rights of §2.1.1, each with its right bits.
inline constexpr std::array<std::pair<char, std::uint16_t>, 13> right_letters = {{
    {'l', bits::right::lookup},
    {'r', bits::right::read},
    {'s', bits::right::keep_seen},
    {'w', bits::right::write},
    {'i', bits::right::insert},
    {'p', bits::right::post},
    {'k', bits::right::create_mailboxes},
    {'x', bits::right::delete_mailbox},
    {'t', bits::right::delete_messages},
    {'e', bits::right::expunge},
    {'a', bits::right::administer},
    {'c', bits::right::create_mailboxes | bits::right::delete_mailbox},
    {'d', bits::right::delete_messages | bits::right::expunge},
}};

// Rights as letters, with the obsolete "c" and "d" if one of their members is set (RFC 4314 §2.1.1).
void append_rights(std::string& out, std::uint16_t rights);
// The rights of a letter; 0 if it is not one.
std::uint16_t rights_of_letter(char letter);

}  // namespace imap::wire
