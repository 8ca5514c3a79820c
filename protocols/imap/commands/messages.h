// Storing, copying, moving, expunging messages. RFC 9051 §6.3.12, §6.4.3, §6.4.7, §6.4.8; REPLACE: RFC 8508.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Append command);
asio::awaitable<void> run(Client& client, wire::Replace command);
asio::awaitable<void> run(Client& client, wire::Copy command);
asio::awaitable<void> run(Client& client, wire::Move command);
asio::awaitable<void> run(Client& client, wire::Expunge command);

}  // namespace imap
