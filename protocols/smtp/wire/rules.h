// All commands: how each is parsed, and in which order they may come. One table. RFC 5321 §4.1.4. A command that comes
// at the wrong time is answered 503 and changes nothing. The session checks the rest: log-in, TLS, limits.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/smtp/wire/command.h"

namespace smtp::wire {

// The state of a session, as bits so that a rule can name several.
namespace phase {
inline constexpr unsigned fresh = 1;       // no HELO or EHLO yet
inline constexpr unsigned greeted = 2;     // no transaction
inline constexpr unsigned mail = 4;        // a transaction without a recipient
inline constexpr unsigned recipients = 8;  // a transaction with recipients
inline constexpr unsigned chunks = 16;     // BDAT without LAST has come: only more BDAT or an end may follow
inline constexpr unsigned any = 31;
}  // namespace phase

// Why a line is not a command. Each kind has its own reply (refusals.cpp).
struct CommandFault {
    enum class Kind { unknown_command, syntax, reverse_path, forward_path, unknown_parameter, bad_parameter };
    Kind kind{};
    base::SyntaxError error;
};

struct CommandRule {
    std::string_view verb;
    unsigned phases;  // in which it may come
    std::expected<Command, CommandFault> (*parse)(Cursor& arguments, Brackets brackets);
};

// nullptr if there is no such command.
const CommandRule* find_rule(std::string_view verb);

// The reply text for a command that came in a phase its rule does not allow.
std::string_view order_error(unsigned where);

}  // namespace smtp::wire
