// One whole command from its octets: tag, name, arguments. The receiver gathers the octets.
#pragma once

#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/limits.h"

namespace imap::wire {

// input: the command's lines without the last CRLF, literals in place. Where it ends in a literal's announcement and
// all before that is right, the answer is NeedLiteral, or for an APPEND's message the command itself.
base::Parsed<Command> parse_command(std::string_view input, const ReceiverLimits& limits, bool utf8);

// What stands behind an APPEND's message literal: " (\Seen) {12}", the next message up to its literal.
base::Parsed<AppendMessage> parse_append_message(std::string_view input, const ReceiverLimits& limits);

// The tag that a line begins with, "*" if it has none that could be sent back.
std::string recover_tag(std::string_view line);

}  // namespace imap::wire
