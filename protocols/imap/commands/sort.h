// Searches whose matches are sorted or threaded. RFC 5256.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Sort command);
asio::awaitable<void> run(Client& client, wire::Thread command);

}  // namespace imap
