// The variant of all commands. Apart from command.h, since compiling this variant costs as much as the rest of a
// command's file, and few files need it.
#pragma once

#include <string>
#include <variant>

#include "protocols/imap/wire/command.h"

namespace imap::wire {

// A well-formed command. Its rule (rules.h) says whether it is allowed now.
struct Command {
    std::string tag;
    AnyCommand body;
    const CommandRule* rule = nullptr;  // its row in the table; never nullptr in a command from a Receiver
};

// The first parts of a command that brings messages; nullptr for all others.
inline const AppendParts* brought_by(const AnyCommand& command) {
    if (const auto* const append = std::get_if<Append>(&command)) return &append->first;
    if (const auto* const replace = std::get_if<Replace>(&command)) return &replace->first;
    return nullptr;
}

}  // namespace imap::wire
