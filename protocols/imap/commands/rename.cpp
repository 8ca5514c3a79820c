// RENAME. RFC 3501 §6.3.5: inferiors go along, INBOX gives away its messages and stays.
// UIDs and UIDVALIDITY are kept, so a session that has it selected goes on.
// Subscriptions do not follow: clients send SUBSCRIBE and UNSUBSCRIBE themselves (Thunderbird does).
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Rename command) {
    caused(command.to);
    const storage::Result<storage::Renamed> done = co_await services_.store.write(
        storage::rename_mailbox(account(), std::move(command.from), std::move(command.to), services_.now()));
    if (!done) co_return answer_no(done.error());
    if (done->emptied) caused(*done->emptied, {}, done->emptied_step);
    answer_ok("Renamed");
}

}  // namespace imap
