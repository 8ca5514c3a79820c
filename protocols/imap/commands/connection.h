// Commands about the connection: capabilities, encodings, compression.
#pragma once

#include <asio/awaitable.hpp>
#include <string_view>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::Capability command);
asio::awaitable<void> run(Client& client, wire::Id command);
asio::awaitable<void> run(Client& client, wire::StartTls command);
asio::awaitable<void> run(Client& client, wire::Compress command);
asio::awaitable<void> run(Client& client, wire::Enable command);
asio::awaitable<void> run(Client& client, wire::Logout command);

// Answers BAD to message numbers after ENABLE UIDONLY, and stops offering UIDONLY to this account: one of its clients
// does not keep to it (CLIENTS.md 15). `command` is the command's name.
asio::awaitable<void> refuse_numbers(Client& client, std::string_view command);

}  // namespace imap
