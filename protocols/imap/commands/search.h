// Searches answered with messages in mailbox order. RFC 9051 §6.4.4, RFC 7377, RFC 5267, RFC 10022.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Search command);
asio::awaitable<void> run(Client& client, wire::Esearch command);
asio::awaitable<void> run(Client& client, wire::CancelUpdate command);
asio::awaitable<void> run(Client& client, wire::UidBatches command);

}  // namespace imap
