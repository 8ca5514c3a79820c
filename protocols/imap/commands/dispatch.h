// Every command has its place: the one switch from what was asked to who does it.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

// Does the command, and gives its answer. A command that no header of this folder declares does not compile.
asio::awaitable<void> dispatch(Client& client, wire::AnyCommand& command);

}  // namespace imap
