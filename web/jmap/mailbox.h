// Mailboxes: RFC 8621 §2. What they are by: mailbox_list.h.
#pragma once

#include <asio/awaitable.hpp>

#include "web/jmap/call.h"

namespace jmap {

asio::awaitable<Json> mailbox_get(Call& call);            // RFC 8621 §2.1
asio::awaitable<Json> mailbox_changes(Call& call);        // RFC 8621 §2.2
asio::awaitable<Json> mailbox_query(Call& call);          // RFC 8621 §2.3
asio::awaitable<Json> mailbox_query_changes(Call& call);  // RFC 8621 §2.4
asio::awaitable<Json> mailbox_set(Call& call);            // RFC 8621 §2.5

}  // namespace jmap
