// Changing the list of mailboxes: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. RFC 3501 §6.3.3 to §6.3.7.
#include "protocols/imap/commands/mailboxes.h"

#include <algorithm>

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/commands/list.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/mailbox/special_use.h"
#include "protocols/imap/options.h"
#include "protocols/imap/wire/object_id.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;
using storage::SpecialUse;

// CREATE. RFC 3501 §6.3.3; USE: RFC 6154 §3 (CREATE-SPECIAL-USE); MAILBOXID: RFC 8474 §4.1. The store checks names and
// creates missing superiors. A special use is given only once: with two mailboxes for it, clients would have to guess
// (USEATTR).

namespace {

// \All, \Flagged and \Important are views over other mailboxes, which we do not have.
bool can_be_assigned(SpecialUse use) {
    return use == SpecialUse::archive || use == SpecialUse::drafts || use == SpecialUse::junk ||
           use == SpecialUse::sent || use == SpecialUse::trash;
}

}  // namespace

awaitable<void> run(Client& client, wire::Create command) {
    SpecialUse use = SpecialUse::none;
    if (!command.special_use.empty()) {
        const std::optional<SpecialUse> named = find_special_use(command.special_use.front());
        if (command.special_use.size() > 1 || !named || !can_be_assigned(*named)) {
            client.answers.no("This special use cannot be given", "USEATTR");
            co_return;
        }
        const Result<std::vector<storage::Mailbox>> mailboxes =
            co_await client.services.store.read(storage::list_mailboxes(client.login.account()));
        if (!mailboxes) {
            client.answers.no(mailboxes.error());
            co_return;
        }
        if (std::ranges::find(*mailboxes, *named, &storage::Mailbox::special_use) != mailboxes->end()) {
            client.answers.no("Another mailbox has this special use", "USEATTR");
            co_return;
        }
        use = *named;
    }
    const Result<storage::Mailbox> created =
        co_await client.services.store.write(storage::create_mailbox(client.login.account(), command.mailbox, use));
    if (created) {
        client.news.note_own_change(created->name);
        if (client.enabled.rev2 && created->name != command.mailbox)
            co_await list_again(client, *created, command.mailbox);
        client.answers.ok("Created", wire::mailbox_id_code(static_cast<std::uint64_t>(created->id.value)));
    } else {
        client.answers.no(created.error());
    }
}

// DELETE. RFC 3501 §6.3.4; a mailbox with inferiors cannot be deleted (HASCHILDREN, RFC 9051 §6.3.5). Sessions that
// have it selected, also this one, see all of its messages expunged. Subscriptions are names, and stay.
awaitable<void> run(Client& client, wire::Delete command) {
    client.news.note_own_change(command.mailbox);
    const storage::Result<std::monostate> done = co_await client.services.store.write(
        storage::delete_mailbox(client.login.account(), std::move(command.mailbox)));
    if (done) {
        client.answers.ok("Deleted");
    } else {
        client.answers.no(done.error());
    }
}

// RENAME. RFC 3501 §6.3.5: with all inferiors; INBOX loses its messages and stays. UIDs and UIDVALIDITY are kept, so a
// session that has it selected continues. Subscriptions follow; clients may still send SUBSCRIBE and UNSUBSCRIBE
// (Thunderbird does).
awaitable<void> run(Client& client, wire::Rename command) {
    client.news.note_own_change(command.from);  // its subscription follows too
    client.news.note_own_change(command.to);
    const storage::Result<storage::Renamed> done = co_await client.services.store.write(storage::rename_mailbox(
        client.login.account(), command.from, command.to, client.services.now(), client.options.metadata));
    if (!done) co_return client.answers.no(done.error());
    if (done->emptied) client.changes.note_own_change(*done->emptied, {}, done->emptied_step);
    client.news.note_own_rename(command.from, command.to);
    client.answers.ok("Renamed");
}

// SUBSCRIBE. RFC 3501 §6.3.6. Subscriptions are names: the mailbox need not exist.
awaitable<void> run(Client& client, wire::Subscribe command) {
    client.news.note_own_change(command.mailbox);
    const storage::Result<std::monostate> done = co_await client.services.store.write(
        storage::subscribe_mailbox(client.login.account(), std::move(command.mailbox), true));
    if (done) {
        client.answers.ok("Subscribed");
    } else {
        client.answers.no(done.error());
    }
}

// UNSUBSCRIBE. RFC 3501 §6.3.7.
awaitable<void> run(Client& client, wire::Unsubscribe command) {
    client.news.note_own_change(command.mailbox);
    const storage::Result<std::monostate> done = co_await client.services.store.write(
        storage::subscribe_mailbox(client.login.account(), std::move(command.mailbox), false));
    if (done) {
        client.answers.ok("Unsubscribed");
    } else {
        client.answers.no(done.error());
    }
}

}  // namespace imap
