// CLOSE: expunge without a word, and leave the mailbox. RFC 3501 §6.4.2.
// In a mailbox opened by EXAMINE nothing is expunged.
// UNSELECT leaves without expunging.
#include "protocols/imap/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Close /*command*/) {
    if (!selected_->read_only() && !selected_->deleted()) {
        const storage::Result<storage::Expunged> expunged =
            co_await services_.store.write(storage::expunge_deleted(selected_->id(), storage::UidSet::all()));
        const bool gone = !expunged && expunged.error().reason == storage::Reason::no_such_mailbox;
        if (!expunged && !gone) {
            answer_no(expunged.error());
            co_return;
        }
    }
    unselect();
    answer_ok("Closed");
}

}  // namespace imap
