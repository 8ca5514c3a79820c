// The STATUS response for the command, LIST and NOTIFY. RFC 3501 §7.2.4.
#pragma once

#include <asio/awaitable.hpp>
#include <vector>

#include "protocols/imap/connection/connection.h"
#include "protocols/imap/wire/command.h"
#include "storage/mailboxes.h"

namespace imap {

class Selection;

asio::awaitable<void> tell_status(Connection connection, const Selection& selection, const storage::Mailbox& mailbox,
                                  const std::vector<wire::StatusItem>& items);

}  // namespace imap
