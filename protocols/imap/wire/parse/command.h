// One whole command from its octets: tag, name, arguments. The receiver gathers the octets.
#pragma once

#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/limits.h"

namespace imap::wire {

// input: the command's lines without the last CRLF, literals in place. Where it ends in a literal's announcement and
// all before that is right, the answer is NeedLiteral, or for an APPEND's literals the command itself.
base::Parsed<Command> parse_command(std::string_view input, const ReceiverLimits& limits, bool utf8);

// What stands behind an APPEND's literal, at this place: " (\Seen) {12}", up to the next literal or the end.
base::Parsed<AppendParts> parse_append_parts(std::string_view input, AppendProgress progress,
                                             const ReceiverLimits& limits);

// The tag that a line begins with, "*" if it has none that could be sent back.
std::string recover_tag(std::string_view line);

}  // namespace imap::wire
