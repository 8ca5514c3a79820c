// Opening and closing a mailbox. RFC 9051 §6.3.2, §6.3.3, §6.4.1, §6.4.2.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Select command);
asio::awaitable<void> run(Client& client, wire::Close command);
asio::awaitable<void> run(Client& client, wire::Unselect command);

}  // namespace imap
