// Access control lists. RFC 4314.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::SetAcl command);
asio::awaitable<void> run(Client& client, wire::DeleteAcl command);
asio::awaitable<void> run(Client& client, wire::GetAcl command);
asio::awaitable<void> run(Client& client, wire::ListRights command);
asio::awaitable<void> run(Client& client, wire::MyRights command);

}  // namespace imap
