// Quotas. RFC 9208.
#pragma once

#include <asio/awaitable.hpp>

#include "protocols/imap/commands/client.h"
#include "protocols/imap/wire/command.h"

namespace imap {

asio::awaitable<void> run(Client& client, wire::GetQuota command);
asio::awaitable<void> run(Client& client, wire::GetQuotaRoot command);
asio::awaitable<void> run(Client& client, wire::SetQuota command);

}  // namespace imap
