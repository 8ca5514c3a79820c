// Counters of any mailbox. RFC 9051 §6.3.11.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Status command);

}  // namespace imap
