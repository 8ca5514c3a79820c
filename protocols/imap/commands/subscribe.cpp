// SUBSCRIBE. RFC 3501 §6.3.6.
// Subscriptions are names: the mailbox may come later or be gone.
// LIST (SUBSCRIBED) and LSUB read them.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Subscribe command) {
    caused(command.mailbox);
    const storage::Result<std::monostate> done =
        co_await services_.store.write(storage::subscribe_mailbox(account(), std::move(command.mailbox), true));
    if (done) {
        answer_ok("Subscribed");
    } else {
        answer_no(done.error());
    }
}

}  // namespace imap
