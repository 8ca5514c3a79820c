// Asking for changes. RFC 9051 §6.1.2, §6.3.13; NOTIFY: RFC 5465.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Noop command);
asio::awaitable<void> run(Client& client, wire::Check command);
asio::awaitable<void> run(Client& client, wire::Idle command);
asio::awaitable<void> run(Client& client, wire::Notify command);

}  // namespace imap
