// Parses a command line. RFC 2449 §3: command = keyword *(SP param) CRLF; keywords in any case.
#pragma once

#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/pop3/wire/rules.h"

namespace pop3::wire {

struct ParsedCommand {
    const CommandRule* rule = nullptr;
    Command command;
};

// One line without its line end. Never NeedMore or NeedLiteral; offset 0 of a SyntaxError: the keyword is unknown.
base::Parsed<ParsedCommand> parse_command(std::string_view line);

// The line for the log, with possible passwords masked.
std::string without_secrets(std::string_view line);

}  // namespace pop3::wire
