// Parses a command line. RFC 5321 §4.1.1 with the leniency that clients need (CLIENTS.md 19). Pure: views in, owned
// values out.
#pragma once

#include <expected>
#include <string_view>

#include "protocols/smtp/wire/rules.h"

namespace smtp::wire {

struct ParsedCommand {
    const CommandRule* rule = nullptr;
    Command command;
};

// `line` is without its line end. Verbs and keywords in any case, spaces at the end ignored.
std::expected<ParsedCommand, CommandFault> parse_command(std::string_view line, Brackets brackets = Brackets::required);

// The verb of a line in upper case if it is known, else "?". Safe to log, since it holds no argument.
std::string_view known_verb(std::string_view line);

}  // namespace smtp::wire
