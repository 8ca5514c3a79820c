// Logging in. RFC 9051 §6.2; UNAUTHENTICATE: RFC 8437.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Authenticate command);
asio::awaitable<void> run(Client& client, wire::Login command);
asio::awaitable<void> run(Client& client, wire::Unauthenticate command);

}  // namespace imap
