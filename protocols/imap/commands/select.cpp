// Opening and closing a mailbox: SELECT, EXAMINE, CLOSE, UNSELECT.
#include "protocols/imap/commands/select.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/commands/connection.h"
#include "protocols/imap/commands/list.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/fetch/fetcher.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/mailbox/quick_resync.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/imap/wire/object_id.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// SELECT and EXAMINE. RFC 3501 §6.3.1, §6.3.2; HIGHESTMODSEQ, QRESYNC, CLOSED: RFC 7162 §3.1.2, §3.2.5, §3.2.11;
// MAILBOXID: RFC 8474 §4.2; IMAP4rev2 (LIST, no RECENT, no UNSEEN): RFC 9051 §6.3.2.
// All responses come from one snapshot. Watching for changes begins before it, so that none is missed. After a failed
// SELECT no mailbox is selected. READ-ONLY also means that the client has no right to change anything (RFC 4314 §5.2).

namespace {

struct Opening {
    storage::Mailbox mailbox;
    storage::MailboxView view;
    std::vector<std::string> keywords;
    storage::UidSet vanished;  // for QRESYNC
};

storage::Query<Opening> open_mailbox(storage::AccountId account, std::string name, storage::MailboxId id,
                                     std::optional<wire::QuickResync> resync) {
    return [=](storage::Snapshot& snapshot) -> Result<Opening> {
        Result<storage::Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::read)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        if (mailbox->id != id) return storage::refuse(storage::Reason::conflict, "the mailbox was just replaced");
        Result<storage::MailboxView> view = storage::view_mailbox({id, account})(snapshot);
        if (!view) return std::unexpected(view.error());
        Result<std::vector<std::string>> keywords = storage::list_keywords({id, account})(snapshot);
        if (!keywords) return std::unexpected(keywords.error());
        Result<storage::UidSet> vanished;
        if (resync && resync->uid_validity == mailbox->uid_validity) {
            vanished =
                storage::expunged_uids({id, account}, asked_uids(*resync), storage::ModSeq{resync->mod_seq})(snapshot);
            if (!vanished) return std::unexpected(vanished.error());
        }
        return Opening{std::move(*mailbox), std::move(*view), std::move(*keywords), std::move(*vanished)};
    };
}

void say_opening(Client& client, const storage::MailboxView& view) {
    client.selection.say_flags();
    const MessageNumbers& numbers = client.selection->numbers();
    client.answers.say().exists(numbers.size());
    if (!client.enabled.rev2) client.answers.say().recent(client.selection->recent_count());
    client.selection->take_updates(true);  // all of it was just reported
    const auto fact = [&client](std::string_view name, std::uint64_t value, std::string_view text) {
        client.answers.say().status("*", wire::Condition::ok, std::string(name) + " " + std::to_string(value), text);
    };
    const auto unseen = view.first_unseen ? numbers.number_of(*view.first_unseen) : std::nullopt;
    if (unseen && !client.enabled.rev2 && !client.enabled.uid_only) fact("UNSEEN", *unseen, "The first unseen message");
    fact("UIDVALIDITY", client.selection->uid_validity(), "UIDs are valid");
    fact("UIDNEXT", client.selection->uid_next().value, "The next UID");
    client.answers.say().status("*", wire::Condition::ok,
                                wire::mailbox_id_code(static_cast<std::uint64_t>(client.selection->id().value)),
                                "The same under every name");
    fact("HIGHESTMODSEQ", client.selection->synced().value, "The last change");
}

// Changes since the client's last session: the same as from UID FETCH (CHANGEDSINCE VANISHED) (RFC 7162 §3.2.5.1).
awaitable<void> tell_resync(Client& client, const wire::QuickResync& resync, const storage::UidSet& vanished) {
    client.selection.say_vanished_earlier(behind(vanished, known_up_to(resync, client.selection->numbers())));
    wire::Fetch changes;
    changes.uid = true;
    changes.items.push_back({.kind = wire::FetchItem::Kind::flags});
    changes.changed_since = resync.mod_seq;
    Fetcher fetcher(client.connection(), client.selection, changes);
    storage::UidSet known = client.selection->numbers().known(asked_uids(resync));
    co_await fetcher.run(std::move(known));
}

awaitable<void> claim_recent(Client& client, storage::RecentRange recent) {
    if (client.selection->writable() && recent.first < recent.end) {
        const Result<storage::RecentRange> taken =
            co_await client.services.store.write(storage::take_recent(client.selection->access()));
        if (taken) recent = *taken;
    }
    client.selection->claim_recent(recent);
}

// From here on the mailbox is selected; all that SELECT says of it, and its answer.
awaitable<void> answer_opened(Client& client, const wire::Select& command, Opening opening) {
    const storage::Mailbox& mailbox = opening.mailbox;
    client.selection.open(
        std::make_unique<SelectedMailbox>(SelectedMailbox::Identity{.access = {mailbox.id, client.login.account()},
                                                                    .owner = mailbox.account,
                                                                    .name = mailbox.name,
                                                                    .uid_validity = mailbox.uid_validity,
                                                                    .read_only = command.read_only,
                                                                    .rights = mailbox.rights},
                                          opening.view),
        std::move(opening.keywords));
    opening.view.uids = {};
    if (!client.selection.hold(opening.vanished.octets())) {
        client.changes.unselect();
        client.answers.no("Your account is doing too much at once: close a mail program, or try again later", "LIMIT");
        co_return;
    }

    if (!client.enabled.rev2) co_await claim_recent(client, {mailbox.recent_from, opening.view.uid_next});
    say_opening(client, opening.view);
    if (client.enabled.rev2) co_await list_again(client, mailbox, command.mailbox);
    const bool same_uids = command.qresync && command.qresync->uid_validity == mailbox.uid_validity;
    if (same_uids) co_await tell_resync(client, *command.qresync, opening.vanished);
    client.answers.ok("Selected", client.selection->writable() ? "READ-WRITE" : "READ-ONLY");
}

}  // namespace

awaitable<void> run(Client& client, wire::Select command) {
    if (command.qresync && !client.enabled.qresync) {
        client.answers.bad("QRESYNC is to be enabled first");
        co_return;
    }
    if (client.enabled.uid_only && command.qresync && command.qresync->match) {
        co_await refuse_numbers(client, "SELECT");
        co_return;
    }
    if (client.selection)
        client.answers.say().status("*", wire::Condition::ok, "CLOSED", "The mailbox before is closed");
    client.changes.unselect();
    client.answers.report_no_changes();
    if (command.condstore) client.enabled.condstore = true;

    const Result<storage::Mailbox> found = co_await client.services.store.read(
        storage::find_mailbox(client.login.account(), command.mailbox, storage::right::read));
    if (!found) {
        client.answers.no(found.error());
        co_return;
    }
    client.changes.watch(found->account, found->id);
    Result<Opening> opening = co_await client.services.store.read(
        open_mailbox(client.login.account(), command.mailbox, found->id, command.qresync));
    if (!opening) {
        client.changes.unselect();
        client.answers.no(opening.error());
        co_return;
    }
    try {
        co_await answer_opened(client, command, *std::move(opening));
    } catch (...) {
        client.changes.unselect();  // it will be answered NO: then none is selected (RFC 9051 §6.3.2)
        throw;
    }
}

// CLOSE: expunges silently, and closes the mailbox. RFC 3501 §6.4.2. After EXAMINE, or without the right "e", nothing
// is expunged, but the answer is still OK (RFC 4314 §4).
awaitable<void> run(Client& client, wire::Close /*command*/) {
    if (!client.selection->read_only() && !client.selection->deleted()) {
        const storage::Result<storage::Expunged> expunged = co_await client.services.store.write(
            storage::expunge_deleted(client.selection->access(), storage::UidSet::all()));
        using storage::Reason;
        const bool in_vain = !expunged && (expunged.error().reason == Reason::no_such_mailbox ||
                                           expunged.error().reason == Reason::not_permitted);
        if (!expunged && !in_vain) {
            client.answers.no(expunged.error());
            co_return;
        }
    }
    co_await client.news.tell();  // while it is selected: its expunges are not news for this client
    client.changes.unselect();
    client.answers.ok("Closed");
}

// UNSELECT: closes the mailbox without expunging. RFC 3691.
awaitable<void> run(Client& client, wire::Unselect /*command*/) {
    client.changes.unselect();
    client.answers.ok("Unselected");
    co_return;
}

}  // namespace imap
