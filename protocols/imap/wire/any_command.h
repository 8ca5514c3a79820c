// A command whichever it is. Apart from command.h, since the variant of all of them costs a compiler as much as the
// rest of a command's file, and few files need it.
#pragma once

#include <string>
#include <variant>

#include "protocols/imap/wire/command.h"

namespace imap::wire {

// A command that is well formed. May it come now? Its rule says (rules.h).
struct Command {
    std::string tag;
    AnyCommand body;
    const CommandRule* rule = nullptr;  // its row in the table; never null in what a Receiver hands out
};

// What a command that brings messages begins with; null for all others.
inline const AppendParts* brought_by(const AnyCommand& command) {
    if (const auto* const append = std::get_if<Append>(&command)) return &append->first;
    if (const auto* const replace = std::get_if<Replace>(&command)) return &replace->first;
    return nullptr;
}

}  // namespace imap::wire
