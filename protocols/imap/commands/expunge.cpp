// EXPUNGE and UID EXPUNGE. RFC 3501 §6.4.3, RFC 4315 §2.1 (UIDPLUS).
// What vanishes is told before the tagged answer, with what others have expunged meanwhile.
// With CONDSTORE enabled the answer says the HIGHESTMODSEQ that is reached (RFC 7162 §3.2.7).
#include "protocols/imap/session/session.h"

namespace imap {

using storage::Result;

asio::awaitable<void> Session::run(wire::Expunge command) {
    if (refuse_read_only()) co_return;
    storage::UidSet targets = storage::UidSet::all();
    if (command.uids) {
        std::optional<storage::UidSet> named = resolve(*command.uids, true);
        if (!named) co_return;
        targets = std::move(*named);
        co_await limit_deleted(targets);
    }
    const Result<storage::Expunged> expunged =
        co_await services_.store.write(storage::expunge_deleted(selected_->id(), std::move(targets), account()));
    if (!expunged) {
        answer_no(expunged.error());
        co_return;
    }
    take_in_own(expunged->step, {}, expunged->uids);
    co_await sync(true);
    if (!expunged->uids.empty() && condstore_) {
        answer_ok("Expunged", "HIGHESTMODSEQ " + std::to_string(selected_->announced().value));
    } else {
        answer_ok("Expunged");
    }
}

}  // namespace imap
