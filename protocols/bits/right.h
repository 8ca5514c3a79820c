// Rights on a mailbox as bits, with their letters (RFC 4314 §2.1): shared by the wire parsers and the store.
#pragma once

#include <cstdint>

namespace bits::right {

inline constexpr std::uint16_t lookup = 1;             // l: it is listed
inline constexpr std::uint16_t read = 2;               // r: SELECT, STATUS
inline constexpr std::uint16_t keep_seen = 4;          // s: \Seen
inline constexpr std::uint16_t write = 8;              // w: other flags than \Seen and \Deleted
inline constexpr std::uint16_t insert = 16;            // i: APPEND, COPY into it
inline constexpr std::uint16_t post = 32;              // p: send mail to its address
inline constexpr std::uint16_t create_mailboxes = 64;  // k: below it
inline constexpr std::uint16_t delete_mailbox = 128;   // x: and rename it
inline constexpr std::uint16_t delete_messages = 256;  // t: \Deleted
inline constexpr std::uint16_t expunge = 512;          // e
inline constexpr std::uint16_t administer = 1024;      // a: these rights
inline constexpr std::uint16_t all = 2047;
inline constexpr std::uint16_t of_owner = lookup | administer;  // which the owner never loses

}  // namespace bits::right
