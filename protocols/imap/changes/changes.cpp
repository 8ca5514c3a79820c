// Reports changes of the selected mailbox. RFC 3501 §5.2, §7.3, §7.4.1; RFC 7162 §3.2; RFC 2177. Signal and watch are
// cleared before reading, so that no change is missed in between.
#include "protocols/imap/changes/changes.h"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/connection/waiting.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"
#include "protocols/services/session_end.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// The changes, and this account's present rights.
struct Changes::Seen {
    storage::MailboxChanges changes;
    storage::UidSet changed;       // the messages of these changes
    storage::KeywordSet keywords;  // all that they have now
    storage::Rights rights = 0;

    // Memory that it holds, and that taking it in needs.
    std::size_t octets() const {
        return changes.changed.capacity() * sizeof(storage::MailboxChanges::Changed) + changed.octets() +
               SelectedMailbox::octets_to_take_in(changes);
    }
    static storage::Query<Seen> look_again(storage::Access access, storage::ModSeq since);
};

storage::Query<Changes::Seen> Changes::Seen::look_again(storage::Access access, storage::ModSeq since) {
    return [=](storage::Snapshot& snapshot) -> Result<Seen> {
        Result<storage::MailboxChanges> changes = storage::mailbox_changes(access, since)(snapshot);
        if (!changes) return std::unexpected(std::move(changes.error()));
        const Result<storage::Mailbox> mailbox = storage::get_mailbox(access)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        Seen seen{.changes = *std::move(changes), .changed = {}, .keywords = {}, .rights = mailbox->rights};
        for (const storage::MailboxChanges::Changed& message : seen.changes.changed) {
            seen.changed.insert(message.uid);
            seen.keywords.merge(message.flags.keywords);
        }
        return seen;
    };
}

// Changes of this mailbox raise the signal, and changes of its owner's account outside messages, such as rights. The
// callback runs on the writer's thread.
void Changes::watch(storage::AccountId owner, storage::MailboxId mailbox) {
    if (watch_) {
        watch_->watch(mailbox);
        return;
    }
    watch_ = std::make_shared<MailboxWatch>(mailbox);
    subscription_ = connection_.services.store.subscribe(
        owner,
        [watch = watch_, notify = connection_.waiting.notifier(connection_.stream)](const storage::Change& change) {
            if (watch->note(change)) notify();
        });
}

void Changes::unselect() {
    selection_.close();
    subscription_ = {};
    watch_.reset();
    stale_ = false;
    held_back_ = false;
    arrivals_.clear();
    if (connection_.waiting.signal) connection_.waiting.signal->clear();
}

bool Changes::stale() const { return selection_ && (stale_ || watch_->is_ahead_of(selection_->synced())); }

awaitable<void> Changes::sync(bool expunges_allowed) {
    if (!selection_) co_return;
    connection_.waiting.signal->clear();
    if (stale()) {
        watch_->take();
        stale_ = true;
        const storage::Uid known = selection_->uid_next();
        std::string fault;
        try {
            if (!selection_->deleted()) co_await take_in_changes();
            if (!selection_.hold()) throw net::Interrupted(net::Interrupted::Cause::crowded_out);
            stale_ = false;
        } catch (const std::exception& error) {
            if (services::ends_session(error)) throw;
            fault = error.what();  // the next sync tries again
        }
        if (!fault.empty()) connection_.log.error("fault", {{"during", "sync"}, {"reason", fault}});
        const bool arrivals = selection_->uid_next() > std::max(known, selection_->recent_claimed());
        if (arrivals && selection_->writable() && !connection_.enabled.rev2) co_await claim_recent();
    }
    co_await tell_noted(expunges_allowed);
    selection_.hold();  // less than while it was told
}

// Whether the mailbox may still be read is no event that NOTIFY chooses.
awaitable<void> Changes::look(bool expunges_allowed) {
    if (!selection_) co_return;
    if (news_.tells_selected()) {
        if (stale()) co_await sync(expunges_allowed);
        co_return;
    }
    if (!selection_->deleted() && watch_->take_unknown()) {
        stale_ = true;  // for when the client wants to hear of changes again
        const Result<storage::Mailbox> readable =
            co_await connection_.services.store.read(storage::get_mailbox(selection_->access(), storage::right::read));
        if (!readable) take_in_deletion();
    }
    if (selection_->deleted()) co_await tell_noted(expunges_allowed);
}

awaitable<void> Changes::catch_up(bool expunges_allowed) {
    if (news_.tells_selected()) {
        co_await sync(expunges_allowed);
        if (selection_) say_standing();
    } else {
        co_await look(expunges_allowed);
    }
    co_await news_.tell();
}

bool Changes::listens() const { return connection_.waiting.idle_tag || news_.listens(); }

bool Changes::has_news() const { return listens() && news_.waits(); }

awaitable<void> Changes::push() {
    connection_.waiting.signal->clear();
    const bool delayed = news_.delays_expunges() && !connection_.waiting.idle_tag;
    co_await catch_up(!delayed);
}

void Changes::note_own_change(storage::MailboxId mailbox, const storage::UidSet& uids, storage::ModSeqStep step) {
    news_.note_own_change(mailbox, step);
    if (selection_.is(mailbox)) arrivals_.note_own(uids);
}

// While a VANISHED is held back, higher MODSEQs may have been sent: so the client is told its real HIGHESTMODSEQ, and
// again once it is up to date. RFC 7162 §3.2, §6.
void Changes::say_standing() {
    const bool behind = connection_.enabled.qresync && !selection_->unannounced().empty();
    if (behind) {
        selection_.say_highest_modseq(selection_->announced(), "Some have vanished, told later");
    } else if (held_back_) {
        selection_.say_highest_modseq(selection_->synced(), "All is told");
    }
    held_back_ = behind;
}

// When somebody changes all messages, all sessions of an account are told at about the same time. If that does not fit
// into the account's memory, it does when some of them are through; else the session ends.
awaitable<Result<Changes::Seen>> Changes::read_changes() {
    constexpr std::chrono::milliseconds longest_pause{2000};
    asio::steady_timer timer(connection_.stream.executor());
    for (std::chrono::milliseconds pause{250};; pause *= 2) {
        {
            Result<Seen> seen =
                co_await connection_.services.store.read(Seen::look_again(selection_->access(), selection_->synced()));
            if (!seen || selection_.hold(seen->octets())) co_return std::move(seen);
        }
        if (pause > longest_pause) throw net::Interrupted(net::Interrupted::Cause::crowded_out);
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

// For a client that lost the right to read, the mailbox is gone: the store says so. Other changes of rights are
// reported by PERMANENTFLAGS (RFC 4314 §5.1.1).
awaitable<void> Changes::take_in_changes() {
    const Result<Seen> seen = co_await read_changes();
    if (!seen) {
        if (seen.error().reason == storage::Reason::no_such_mailbox) take_in_deletion();
        co_return;
    }
    co_await selection_.learn_keywords(seen->keywords);
    // Much may have changed. Until all of it is taken in the client hears nothing, since no other command of its runs;
    // what changes meanwhile makes the watch be ahead again.
    base::Slices taking_in = selection_->take_in(seen->changes);
    co_await connection_.stream.take_turns(std::move(taking_in));
    if (!selection_.contexts().empty()) selection_.contexts().note(seen->changed, seen->changes.vanished);
    if (seen->rights == selection_->rights()) co_return;
    selection_->set_rights(seen->rights);
    selection_.say_flags();
}

void Changes::take_in_deletion() {
    selection_->apply_deletion();
    if (!selection_.contexts().empty()) selection_.contexts().note_deletion(selection_->numbers().all());
}

// New messages are reported before \Recent is claimed, since that waits for a commit.
awaitable<void> Changes::claim_recent() {
    co_await tell_taken_in(false);
    if (selection_.contexts().empty()) co_await arrivals_.tell({});  // else the contexts' wishes are not known yet
    co_await connection_.stream.flush();
    std::string fault;
    try {
        const Result<storage::RecentRange> taken =
            co_await connection_.services.store.write(storage::take_recent(selection_->access()));
        if (taken) selection_->claim_recent(*taken);
    } catch (const std::exception& error) {
        fault = error.what();  // they stay recent for the next session
    }
    if (!fault.empty()) connection_.log.error("fault", {{"during", "take_recent"}, {"reason", fault}});
}

// Reports what may be reported now, with the changes of search results.
awaitable<void> Changes::tell_noted(bool expunges_allowed) {
    UpdateContexts& contexts = selection_.contexts();
    if (!contexts.has_noted()) {
        const std::vector<ContextChange> none(contexts.size());
        co_await tell_taken_in(expunges_allowed);
        co_await arrivals_.tell(none);
        co_return;
    }
    std::vector<ContextChange> changes = co_await contexts.judge(*selection_, selection_.keywords());
    co_await contexts.tell_removed(changes, *selection_);
    co_await tell_taken_in(expunges_allowed);
    co_await arrivals_.tell(changes);
    co_await contexts.tell_added(changes, *selection_);
}

awaitable<void> Changes::tell_taken_in(bool expunges_allowed) {
    if (!selection_->has_updates()) co_return;
    Updates updates;
    base::Slices taking = selection_->take_updates(expunges_allowed, updates);
    co_await connection_.stream.take_turns(std::move(taking));
    co_await tell(std::move(updates));
}

awaitable<void> Changes::tell(Updates updates) {
    Answers& answers = connection_.answers;
    const Enabled& enabled = connection_.enabled;
    if (!news_.tells_flags()) updates.flags.clear();
    if (enabled.qresync || enabled.uid_only) {
        answers.say().vanished(ranges_of(updates.vanished), false);
        updates.expunged.clear();
    }
    for (const ExpungeRun& run : updates.expunged) {
        for (std::uint32_t i = 0; i < run.count; ++i) {
            answers.say().expunge(run.number);
            if (i % 1024 == 0) co_await connection_.stream.drain();
        }
    }
    if (updates.exists) answers.say().exists(*updates.exists);
    if (updates.recent && !enabled.rev2) answers.say().recent(*updates.recent);
    for (const FlagUpdate& update : updates.flags) {
        selection_.say_flags_of(update.number, {.uid = update.uid, .flags = update.flags, .modseq = update.modseq},
                                {.uid = enabled.tells_uids()});
        co_await connection_.stream.drain();
    }
    if (!updates.exists || updates.first_new == 0) co_return;
    const wire::NumberRange arrived{updates.first_new, *updates.exists};
    const MessageNumbers& numbers = selection_->numbers();
    arrivals_.note(numbers.known(numbers.uids_of(std::span(&arrived, 1))));
}

}  // namespace imap
