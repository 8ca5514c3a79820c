// MYRIGHTS. RFC 4314 §3.5, §3.8; also as LIST's return option (RFC 8440).
// Any right by which one knows that the mailbox is there is enough to ask (RFC 4314 §4).
// Told with the obsolete "c" and "d" (§2.1.1).
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::MyRights command) {
    const storage::Result<storage::Mailbox> mailbox =
        co_await services_.store.read(storage::find_mailbox(account(), std::move(command.mailbox)));
    if (!mailbox) {
        answer_no(mailbox.error());
        co_return;
    }
    say().my_rights(mailbox->name, mailbox->rights);
    answer_ok("These are yours");
}

}  // namespace imap
