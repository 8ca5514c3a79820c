// POP3's commands as values. RFC 1939 §5-7, RFC 2449 §5 (CAPA), RFC 2595 §4 (STLS), RFC 5034 §4 (AUTH), RFC 6856 (UTF8,
// LANG). parser.h parses them, rules.h says when they may come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace pop3::wire {

// A message-number: 1 for the first message of the maildrop; 0 names none.
using MessageNumber = std::uint32_t;

// ---- AUTHORIZATION
struct User {
    std::string name;
};
struct Pass {
    std::string password;  // spaces are part of it (RFC 1939 §7)
};
struct Stls {};
struct Auth {
    std::string mechanism;                          // empty: asks for the list (Outlook does)
    std::optional<std::string> initial_response{};  // as sent: base64, or "="
};
struct Utf8 {};

// ---- TRANSACTION
struct Stat {};
struct List {
    std::optional<MessageNumber> message{};  // empty: all
};
struct Retr {
    MessageNumber message = 0;
};
struct Dele {
    MessageNumber message = 0;
};
struct Rset {};
struct Top {
    MessageNumber message = 0;
    std::uint64_t lines = 0;  // of the body
};
struct Uidl {
    std::optional<MessageNumber> message{};  // empty: all
};

// ---- both
struct Noop {};
struct Capa {};
struct Lang {
    std::string range;  // empty: asks for the list
};
struct Quit {};

using Command =
    std::variant<User, Pass, Stls, Auth, Utf8, Stat, List, Retr, Dele, Rset, Top, Uidl, Noop, Capa, Lang, Quit>;

}  // namespace pop3::wire
