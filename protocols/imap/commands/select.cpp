// Opening a mailbox and leaving it: SELECT, EXAMINE, CLOSE, UNSELECT.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "protocols/imap/fetch/fetcher.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/mailbox/quick_resync.h"
#include "protocols/imap/session/session.h"
#include "protocols/imap/wire/object_id.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// SELECT and EXAMINE. RFC 3501 §6.3.1, §6.3.2; HIGHESTMODSEQ, QRESYNC, CLOSED: RFC 7162 §3.1.2, §3.2.5, §3.2.11;
// MAILBOXID: RFC 8474 §4.2; IMAP4rev2 (LIST, no RECENT, no UNSEEN): RFC 9051 §6.3.2.
// One snapshot gives all that is said. Changes are watched before it is taken, so none is missed.
// A client that fails to select has no mailbox selected. READ-ONLY is told also where one may change nothing (RFC 4314
// §5.2).

namespace {

struct Opening {
    storage::Mailbox mailbox;
    storage::MailboxView view;
    std::vector<std::string> keywords;
    storage::UidSet vanished;  // as QRESYNC asks
};

storage::Query<Opening> open_mailbox(storage::AccountId account, std::string name, storage::MailboxId id,
                                     std::optional<wire::QuickResync> resync) {
    return [=](storage::Snapshot& snapshot) -> Result<Opening> {
        Result<storage::Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::read)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        if (mailbox->id != id) return storage::refuse(storage::Reason::conflict, "the mailbox was just replaced");
        Result<storage::MailboxView> view = storage::view_mailbox(id)(snapshot);
        if (!view) return std::unexpected(view.error());
        Result<std::vector<std::string>> keywords = storage::list_keywords(mailbox->account)(snapshot);
        if (!keywords) return std::unexpected(keywords.error());
        Result<storage::UidSet> vanished;
        if (resync && resync->uid_validity == mailbox->uid_validity) {
            vanished = storage::expunged_uids(id, asked_uids(*resync), storage::ModSeq{resync->mod_seq})(snapshot);
            if (!vanished) return std::unexpected(vanished.error());
        }
        return Opening{std::move(*mailbox), std::move(*view), std::move(*keywords), std::move(*vanished)};
    };
}

}  // namespace

awaitable<void> Session::run(wire::Select command) {
    if (command.qresync && !qresync_) {
        answer_bad("QRESYNC is to be enabled first");
        co_return;
    }
    if (uid_only_ && command.qresync && command.qresync->match) {
        co_await refuse_numbers("SELECT");
        co_return;
    }
    if (selected_) say().status("*", wire::Condition::ok, "CLOSED", "The mailbox before is closed");
    unselect();
    tells_changes_ = false;
    if (command.condstore) condstore_ = true;

    const Result<storage::Mailbox> found =
        co_await services_.store.read(storage::find_mailbox(account(), command.mailbox, storage::right::read));
    if (!found) {
        answer_no(found.error());
        co_return;
    }
    watch(found->account, found->id);
    Result<Opening> opening =
        co_await services_.store.read(open_mailbox(account(), command.mailbox, found->id, command.qresync));
    if (!opening) {
        unselect();
        answer_no(opening.error());
        co_return;
    }
    keywords_ = std::move(opening->keywords);
    const storage::Mailbox& mailbox = opening->mailbox;
    selected_ = std::make_unique<SelectedMailbox>(SelectedMailbox::Identity{.id = mailbox.id,
                                                                            .owner = mailbox.account,
                                                                            .name = mailbox.name,
                                                                            .uid_validity = mailbox.uid_validity,
                                                                            .read_only = command.read_only,
                                                                            .rights = mailbox.rights},
                                                  opening->view);

    if (!rev2_) {
        storage::RecentRange recent{mailbox.recent_from, opening->view.uid_next};
        if (selected_->writable() && recent.first < recent.end) {
            const Result<storage::RecentRange> taken = co_await services_.store.write(storage::take_recent(mailbox.id));
            if (taken) recent = *taken;
        }
        selected_->claim_recent(recent);
    }
    tell_opening(opening->view);
    if (rev2_) co_await tell_name(mailbox, command.mailbox);
    const bool same_uids = command.qresync && command.qresync->uid_validity == mailbox.uid_validity;
    if (same_uids) co_await tell_resync(*command.qresync, opening->vanished);
    answer_ok("Selected", selected_->writable() ? "READ-WRITE" : "READ-ONLY");
}

void Session::tell_opening(const storage::MailboxView& view) {
    tell_flags();
    const MessageNumbers& numbers = selected_->numbers();
    say().exists(numbers.size());
    if (!rev2_) say().recent(selected_->recent_count());
    selected_->take_updates(true);  // that was all
    const auto fact = [this](std::string_view name, std::uint64_t value, std::string_view text) {
        say().status("*", wire::Condition::ok, std::string(name) + " " + std::to_string(value), text);
    };
    const auto unseen = view.first_unseen ? numbers.number_of(*view.first_unseen) : std::nullopt;
    if (unseen && !rev2_ && !uid_only_) fact("UNSEEN", *unseen, "The first unseen message");
    fact("UIDVALIDITY", selected_->uid_validity(), "UIDs are valid");
    fact("UIDNEXT", selected_->uid_next().value, "The next UID");
    say().status("*", wire::Condition::ok, wire::mailbox_id_code(static_cast<std::uint64_t>(selected_->id().value)),
                 "The same under every name");
    fact("HIGHESTMODSEQ", selected_->synced().value, "The last change");
}

// IMAP4rev2: RFC 9051 §6.3.2 (its attributes are to be accurate), §6.3.9.7 (OLDNAME).
awaitable<void> Session::tell_name(const storage::Mailbox& mailbox, std::string_view asked) {
    Result<MailboxNames> read = co_await services_.store.read(read_mailbox_names(account()));
    if (!read) co_return;
    const auto names = std::make_shared<const MailboxNames>(*std::move(read));
    wire::List one;
    one.patterns.push_back(mailbox.name);
    const std::vector<Listed> listed = co_await choose(std::make_shared<MailboxLister>(std::move(one), names));
    const auto found = std::ranges::find(listed, mailbox.name, &Listed::name);
    if (found == listed.end()) co_return;
    std::optional<std::string_view> old_name;
    if (asked != mailbox.name) old_name = asked;
    say().list({.attributes = found->attributes, .mailbox = mailbox.name, .old_name = old_name});
}

// What has changed since the client was here: as UID FETCH (CHANGEDSINCE VANISHED) would say it (RFC 7162 §3.2.5.1).
awaitable<void> Session::tell_resync(const wire::QuickResync& resync, const storage::UidSet& vanished) {
    tell_vanished_earlier(behind(vanished, known_up_to(resync, selected_->numbers())));
    wire::Fetch changes;
    changes.uid = true;
    changes.items.push_back({.kind = wire::FetchItem::Kind::flags});
    changes.changed_since = resync.mod_seq;
    Fetcher fetcher(*this, changes);
    storage::UidSet known = selected_->numbers().known(asked_uids(resync));
    co_await fetcher.run(std::move(known));
}

// CLOSE: expunge without a word, and leave the mailbox. RFC 3501 §6.4.2.
// In a mailbox opened by EXAMINE nothing is expunged, nor without the right to ("e"): that is no reason to say NO
// (RFC 4314 §4).
// UNSELECT leaves without expunging.
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

// UNSELECT: leave the mailbox as it is. RFC 3691.
// Nothing is expunged.
// CLOSE is its sibling that expunges.
asio::awaitable<void> Session::run(wire::Unselect /*command*/) {
    unselect();
    answer_ok("Unselected");
    co_return;
}

}  // namespace imap
