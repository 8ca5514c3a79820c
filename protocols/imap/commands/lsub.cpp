// LSUB. RFC 3501 §6.3.9.
// What is shown is mailbox_list.h's to say.
// LIST (SUBSCRIBED) says it better; old clients ask this.
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;
using storage::Result;

awaitable<void> Session::run(wire::Lsub command) {
    const Result<MailboxNames> names = co_await services_.store.read(read_mailbox_names(account()));
    if (!names) {
        answer_no(names.error());
        co_return;
    }
    for (const Listed& one : list_subscribed(command, names->mailboxes, names->subscriptions)) {
        say().list({.attributes = one.attributes, .mailbox = one.name, .lsub = true, .old_name = std::nullopt});
        co_await stream_.drain();
    }
    answer_ok("Listed");
}

}  // namespace imap
