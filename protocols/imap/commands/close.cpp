// CLOSE: expunge without a word, and leave the mailbox. RFC 3501 §6.4.2.
// In a mailbox opened by EXAMINE nothing is expunged, nor without the right to ("e"): that is no reason to say NO
// (RFC 4314 §4).
// UNSELECT leaves without expunging.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Close /*command*/) {
    if (!selected_->read_only() && !selected_->deleted()) {
        const storage::Result<storage::Expunged> expunged = co_await services_.store.write(
            storage::expunge_deleted(selected_->id(), storage::UidSet::all(), account()));
        using storage::Reason;
        const bool in_vain = !expunged && (expunged.error().reason == Reason::no_such_mailbox ||
                                           expunged.error().reason == Reason::not_permitted);
        if (!expunged && !in_vain) {
            answer_no(expunged.error());
            co_return;
        }
    }
    co_await tell_news();  // while the mailbox is selected: what was expunged is no news to this client
    unselect();
    answer_ok("Closed");
}

}  // namespace imap
