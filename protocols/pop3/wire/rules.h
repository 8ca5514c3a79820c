// All commands as a table: one row each, with the states it is allowed in. RFC 1939 §3 (states), RFC 2449 §6
// (capabilities). The session decides whether a command is offered on this connection (STLS, USER).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocols/pop3/wire/command.h"

namespace pop3::wire {

// Session states as bits. UPDATE takes no commands.
namespace state {
inline constexpr std::uint8_t authorization = 1;
inline constexpr std::uint8_t transaction = 2;
inline constexpr std::uint8_t any = 3;
}  // namespace state

// One row. `parse` reads the arguments (all after the keyword and one space) into a Command; returns the fault, empty
// if there is none.
struct CommandRule {
    std::string_view keyword;  // upper case
    std::uint8_t states;
    std::string_view (*parse)(std::string_view arguments, Command& command);
};

std::span<const CommandRule> command_rules();

// The row of this keyword in any case; nullptr if there is none.
const CommandRule* find_rule(std::string_view keyword);

}  // namespace pop3::wire
