// One whole command from its octets: tag, name, arguments. The receiver gathers the octets.
#pragma once

#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/limits.h"

namespace imap::wire {

// input: the command's lines without the last CRLF, literals in place. If it is valid so far and ends in the
// announcement of a literal, the result is NeedLiteral, or for an APPEND's literals the command itself.
base::Parsed<Command> parse_command(std::string_view input, const ReceiverLimits& limits, bool utf8);

// What stands after an APPEND's literal, at this place: " (\Seen) {12}", up to the next literal or the end.
base::Parsed<AppendParts> parse_append_parts(std::string_view input, AppendProgress progress,
                                             const ReceiverLimits& limits);

// The tag at the beginning of a line; "*" if there is none that could be sent back.
std::string recover_tag(std::string_view line);

}  // namespace imap::wire
