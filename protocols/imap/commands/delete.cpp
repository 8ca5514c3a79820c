// DELETE. RFC 3501 §6.3.4; a mailbox with inferiors stays (HASCHILDREN, RFC 9051 §6.3.5).
// Sessions that have it selected, this one included, see all of its messages expunged.
// Subscriptions are kept: they are names.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Delete command) {
    caused(command.mailbox);
    const storage::Result<std::monostate> done =
        co_await services_.store.write(storage::delete_mailbox(account(), std::move(command.mailbox)));
    if (done) {
        answer_ok("Deleted");
    } else {
        answer_no(done.error());
    }
}

}  // namespace imap
