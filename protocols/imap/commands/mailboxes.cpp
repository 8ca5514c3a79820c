// Mailboxes come, go and are subscribed to: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. RFC 3501 §6.3.3 to §6.3.7.
#include <algorithm>

#include "protocols/imap/mailbox/special_use.h"
#include "protocols/imap/session/session.h"
#include "protocols/imap/wire/object_id.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;
using storage::Result;
using storage::SpecialUse;

// CREATE. RFC 3501 §6.3.3; USE: RFC 6154 §3 (CREATE-SPECIAL-USE); MAILBOXID: RFC 8474 §4.1.
// Superiors that are missing are made by the store; names are judged there too.
// A special use is given once: a second mailbox for it would leave clients guessing (USEATTR).

namespace {

// \All, \Flagged and \Important are views over other mailboxes, which we do not have.
bool can_be_assigned(SpecialUse use) {
    return use == SpecialUse::archive || use == SpecialUse::drafts || use == SpecialUse::junk ||
           use == SpecialUse::sent || use == SpecialUse::trash;
}

}  // namespace

awaitable<void> Session::run(wire::Create command) {
    SpecialUse use = SpecialUse::none;
    if (!command.special_use.empty()) {
        const std::optional<SpecialUse> named = find_special_use(command.special_use.front());
        if (command.special_use.size() > 1 || !named || !can_be_assigned(*named)) {
            answer_no("This special use cannot be given", "USEATTR");
            co_return;
        }
        const Result<std::vector<storage::Mailbox>> mailboxes =
            co_await services_.store.read(storage::list_mailboxes(account()));
        if (!mailboxes) {
            answer_no(mailboxes.error());
            co_return;
        }
        if (std::ranges::find(*mailboxes, *named, &storage::Mailbox::special_use) != mailboxes->end()) {
            answer_no("Another mailbox has this special use", "USEATTR");
            co_return;
        }
        use = *named;
    }
    const Result<storage::Mailbox> created =
        co_await services_.store.write(storage::create_mailbox(account(), command.mailbox, use));
    if (created) {
        caused(created->name);
        if (rev2_ && created->name != command.mailbox) co_await tell_name(*created, command.mailbox);
        answer_ok("Created", wire::mailbox_id_code(static_cast<std::uint64_t>(created->id.value)));
    } else {
        answer_no(created.error());
    }
}

// DELETE. RFC 3501 §6.3.4; a mailbox with inferiors stays (HASCHILDREN, RFC 9051 §6.3.5).
// Sessions that have it selected, this one included, see all of its messages expunged.
// Subscriptions are kept: they are names.
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

// RENAME. RFC 3501 §6.3.5: inferiors go along, INBOX gives away its messages and stays.
// UIDs and UIDVALIDITY are kept, so a session that has it selected goes on.
// Subscriptions follow; clients may send SUBSCRIBE and UNSUBSCRIBE all the same (Thunderbird does).
asio::awaitable<void> Session::run(wire::Rename command) {
    caused(command.from);  // its subscription goes along
    caused(command.to);
    const storage::Result<storage::Renamed> done =
        co_await services_.store.write(storage::rename_mailbox(account(), command.from, command.to, services_.now()));
    if (!done) co_return answer_no(done.error());
    if (done->emptied) caused(*done->emptied, {}, done->emptied_step);
    caused_renaming(command.from, command.to);
    answer_ok("Renamed");
}

// SUBSCRIBE. RFC 3501 §6.3.6.
// Subscriptions are names: the mailbox may come later or be gone.
// LIST (SUBSCRIBED) and LSUB read them.
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

// UNSUBSCRIBE. RFC 3501 §6.3.7.
// Subscriptions are names: the mailbox may come later or be gone.
// LIST (SUBSCRIBED) and LSUB read them.
asio::awaitable<void> Session::run(wire::Unsubscribe command) {
    caused(command.mailbox);
    const storage::Result<std::monostate> done =
        co_await services_.store.write(storage::subscribe_mailbox(account(), std::move(command.mailbox), false));
    if (done) {
        answer_ok("Unsubscribed");
    } else {
        answer_no(done.error());
    }
}

}  // namespace imap
