// Annotations of mailboxes and of the server. RFC 5464.
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <vector>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

struct Listed;

asio::awaitable<void> run(Client& client, wire::GetMetadata command);
asio::awaitable<void> run(Client& client, wire::SetMetadata command);

// METADATA for a mailbox in a LIST response (RFC 9590). Refuses too_many if there is no memory to be had for it.
asio::awaitable<storage::Result<std::monostate>> tell_metadata(Client& client, const Listed& listed,
                                                               const std::vector<std::string>& names);

}  // namespace imap
