// Listing mailboxes. RFC 9051 §6.3.9, §6.3.10.
#pragma once

#include <asio/awaitable.hpp>
#include <string_view>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace storage {
struct Mailbox;
}

namespace imap {

asio::awaitable<void> run(Client& client, wire::List command);
asio::awaitable<void> run(Client& client, wire::Lsub command);
asio::awaitable<void> run(Client& client, wire::Namespace command);

// LIST for this mailbox's name; with OLDNAME if the client used another form of the name.
asio::awaitable<void> list_again(Client& client, const storage::Mailbox& mailbox, std::string_view asked);

}  // namespace imap
