// FETCH and UID FETCH. RFC 3501 §6.4.5, §6.4.8; CHANGEDSINCE: RFC 7162 §3.1.4.1 (0 is let pass, CLIENTS.md 16).
// The work is the Fetcher's, batch by batch.
// Messages that others have expunged and this client still numbers are passed over (RFC 2180 §4.1.3).
#include <algorithm>

#include "protocols/imap/fetch.h"
#include "protocols/imap/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Fetch command) {
    if (command.vanished || command.partial) {
        answer_bad(command.vanished ? "VANISHED needs QRESYNC" : "PARTIAL is not offered");
        co_return;
    }
    const bool asks_modseq =
        std::ranges::find(command.items, wire::FetchItem::Kind::mod_seq, &wire::FetchItem::kind) != command.items.end();
    if (command.changed_since || asks_modseq) enable_condstore();
    std::optional<storage::UidSet> targets = resolve(command.messages, command.uid);
    if (!targets) co_return;

    const std::uint32_t wanted = selected_->numbers().count_in(*targets);
    Fetcher fetcher(*this, command);
    co_await fetcher.run(std::move(*targets));
    if (fetcher.unknown_encoding()) {
        answer_no("A part has an encoding that cannot be undone", "UNKNOWN-CTE");
    } else if (!command.uid && !command.changed_since && fetcher.told() < wanted) {
        answer_ok("Some are expunged already", "EXPUNGEISSUED");
    } else {
        answer_ok("Fetched");
    }
}

}  // namespace imap
