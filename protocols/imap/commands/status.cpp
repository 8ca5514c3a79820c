// STATUS, also as LIST's return option (RFC 5819). RFC 3501 §6.3.10; SIZE: RFC 8438; HIGHESTMODSEQ:
// RFC 7162 §3.1.7; DELETED, DELETED-STORAGE: RFC 9208 §4.1.4; APPENDLIMIT: RFC 7889 §3.1.
// The counters are columns of the mailbox; only RECENT must be counted, over messages that no session has claimed.
// Asking for HIGHESTMODSEQ enables CONDSTORE (RFC 7162 §3.1).
#include "protocols/imap/commands/status.h"

#include <algorithm>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/mailbox_status.h"
#include "protocols/imap/selection/selection.h"
#include "storage/messages.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;
using wire::StatusItem;

awaitable<void> run(Client& client, wire::Status command) {
    const Result<storage::Mailbox> mailbox = co_await client.services.store.read(
        storage::find_mailbox(client.login.account(), std::move(command.mailbox), storage::right::read));
    if (!mailbox) {
        client.answers.no(mailbox.error());
        co_return;
    }
    if (std::ranges::find(command.items, StatusItem::highest_mod_seq) != command.items.end())
        client.selection.enable_condstore();
    co_await tell_status(client.connection(), client.selection, *mailbox, command.items);
    client.answers.ok("That is its status");
}

}  // namespace imap
