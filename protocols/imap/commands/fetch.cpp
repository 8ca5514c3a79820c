// FETCH and UID FETCH. RFC 3501 §6.4.5, §6.4.8; CHANGEDSINCE: RFC 7162 §3.1.4.1 (0 is accepted, CLIENTS.md 16);
// VANISHED: RFC 7162 §3.2.6; PARTIAL: RFC 9394 §3.3. The Fetcher does the work, batch by batch. Messages that others
// have expunged, but that still have a number here, are skipped (RFC 2180 §4.1.3).
#include "protocols/imap/commands/fetch.h"

#include <algorithm>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/fetch/fetcher.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/selection/selection.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;

namespace {

// VANISHED (EARLIER) goes before any FETCH (RFC 7162 §3.2.6). In it "*" is the last UID ever assigned, or messages
// vanished at the end would never be reported. Those that still have a number here are reported later, without EARLIER.
awaitable<void> tell_vanished_since(Client& client, wire::SequenceSet messages, storage::ModSeq since) {
    storage::UidSet targets;
    if (!messages.saved_result) {
        for (const wire::NumberRange& range : messages.resolved(client.selection->uid_next().value - 1)) {
            targets.insert(storage::Uid{range.first}, storage::Uid{range.last});
        }
    }
    const storage::Result<storage::UidSet> expunged = co_await client.services.store.read(
        storage::expunged_uids(client.selection->access(), std::move(targets), since));
    if (!expunged) co_return;  // the mailbox is gone
    client.selection.say_vanished_earlier(client.selection->numbers().unknown(*expunged));
}

}  // namespace

awaitable<void> run(Client& client, wire::Fetch command) {
    if (command.vanished && !client.enabled.qresync) {
        client.answers.bad("VANISHED needs QRESYNC");
        co_return;
    }
    const bool asks_modseq =
        std::ranges::find(command.items, wire::FetchItem::Kind::mod_seq, &wire::FetchItem::kind) != command.items.end();
    if (command.changed_since || asks_modseq) client.selection.enable_condstore();
    std::optional<storage::UidSet> targets = client.selection.resolve(command.messages, command.uid);
    if (!targets) co_return;

    if (command.partial) *targets = part_of(*targets, *command.partial, client.selection->numbers());
    client.selection.limit(*targets);
    if (command.partial && client.selection.refuse_over_limit("One command brings fewer messages")) co_return;
    if (command.vanished)
        co_await tell_vanished_since(client, command.messages, storage::ModSeq{*command.changed_since});
    const std::uint32_t wanted = client.selection->numbers().count_in(*targets);
    Fetcher fetcher(client.connection(), client.selection, command);
    if (!client.selection.hold(fetcher.octets_for(wanted))) {
        co_return client.answers.no("Your account is doing too much at once: try again later", "LIMIT");
    }
    co_await fetcher.run(std::move(*targets));
    if (fetcher.unknown_encoding()) {
        client.answers.no("A part has an encoding that cannot be undone", "UNKNOWN-CTE");
    } else if (!command.uid && !command.changed_since && fetcher.answered() < wanted) {
        client.answers.ok("Some are expunged already", "EXPUNGEISSUED");
    } else {
        client.answers.ok("Fetched");
    }
}

}  // namespace imap
