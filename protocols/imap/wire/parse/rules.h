// What may come when, as data: one row for each command, and the capabilities that follow from it.
// RFC 9051 §3 (states), §6; §5.5 and §7.4.1 (commands that use message numbers forbid EXPUNGE responses). Whether a
// capability may be used on this connection at this moment (LOGINDISABLED, AUTH=) is the session's to say.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocols/imap/wire/command.h"

namespace imap::wire {

class Cursor;

// Session states as bits (RFC 9051 §3), so that a rule can name several.
namespace state {
inline constexpr std::uint8_t not_authenticated = 1;
inline constexpr std::uint8_t authenticated = 2;
inline constexpr std::uint8_t selected = 4;
inline constexpr std::uint8_t any = 7;
}  // namespace state

// What numbers a command gives its messages. While one that uses message numbers runs, or waits behind such a one, no
// EXPUNGE may be sent (RFC 9051 §7.5.1).
enum class Numbers : std::uint8_t { none, message, uid };

// One row. `parse` reads the arguments behind the name, up to the end of the command; the cursor keeps the error.
struct CommandRule {
    std::string_view name;  // upper case; "UID FETCH" for the UID form
    std::uint8_t states;    // state bits in which it may come
    Numbers numbers;
    bool (*parse)(Cursor&, AnyCommand&);
    std::string_view capability;  // that it belongs to; empty: the base protocol
};

std::span<const CommandRule> command_rules();

// The row of this name in any case ("fetch", "uid fetch"); null if there is none.
const CommandRule* find_rule(std::string_view name);

// Whether it gives message numbers a meaning that an EXPUNGE would change: by its rule, or as a UID SEARCH, or what is
// built on it, by its keys.
bool uses_message_numbers(const Command& command);

// Capability names as CAPABILITY lists them, in a fixed order, for a session in `state` (one bit): the base
// protocol, what the rows name, and the extensions that have no command of their own. Without AUTH=, STARTTLS,
// LOGINDISABLED, COMPRESS=: facts of the session, which it appends.
std::string_view capabilities(std::uint8_t state);

}  // namespace imap::wire
