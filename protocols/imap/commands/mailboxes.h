// Creating, deleting, renaming, subscribing to mailboxes. RFC 9051 §6.3.4 to §6.3.8.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Create command);
asio::awaitable<void> run(Client& client, wire::Delete command);
asio::awaitable<void> run(Client& client, wire::Rename command);
asio::awaitable<void> run(Client& client, wire::Subscribe command);
asio::awaitable<void> run(Client& client, wire::Unsubscribe command);

}  // namespace imap
