// The one switch over all commands.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

// Runs and answers the command. If no header of this folder declares it, it does not compile.
asio::awaitable<void> dispatch(Client& client, wire::AnyCommand& command);

}  // namespace imap
