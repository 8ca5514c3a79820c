// All commands as a table: one row each, with the states it is allowed in; the capabilities follow from it. RFC 9051 §3
// (states), §6; §5.5 and §7.4.1 (commands that use message numbers forbid EXPUNGE responses). The session adds
// capabilities that depend on the connection (LOGINDISABLED, AUTH=).
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

// The kind of numbers in a command. While a command with message numbers runs, or waits for such a one, no EXPUNGE may
// be sent (RFC 9051 §7.5.1).
enum class Numbers : std::uint8_t { none, message, uid };

// One row. `parse` reads the arguments after the name, up to the end of the command; the cursor keeps the error.
struct CommandRule {
    std::string_view name;  // upper case; "UID FETCH" for the UID form
    std::uint8_t states;    // state bits in which it is allowed
    Numbers numbers;
    bool (*parse)(Cursor&, AnyCommand&);
    std::string_view capability;  // it belongs to this one; empty: the base protocol
};

std::span<const CommandRule> command_rules();

// The row of this name in any case ("fetch", "uid fetch"); nullptr if there is none.
const CommandRule* find_rule(std::string_view name);

// Whether an EXPUNGE would change the meaning of its message numbers: by its rule, or, for UID SEARCH and related
// commands, by its search keys.
bool uses_message_numbers(const Command& command);

// Capability names as CAPABILITY lists them, in a fixed order, for a session in `state` (one bit): the base protocol,
// those of the rows, and extensions without a command. Without AUTH=, STARTTLS, LOGINDISABLED, COMPRESS=, which the
// session appends.
std::string_view capabilities(std::uint8_t state);

}  // namespace imap::wire
