// Telling the client what has changed in its mailbox. RFC 3501 §5.2, §7.3, §7.4.1; RFC 7162 §3.2; RFC 2177.
// A signal from the store carries no data: what has changed is read, taken in by the selected mailbox, and told when it
// may be. The signal and the watch are cleared before the read, so nothing falls between. What this client has done
// itself is known from its outcome and read only where others have come between.
#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "protocols/imap/notify/notification.h"
#include "protocols/imap/session/session.h"
#include "protocols/imap/wire/response/fetch.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

std::vector<wire::NumberRange> ranges_of(const storage::UidSet& uids) {
    std::vector<wire::NumberRange> ranges;
    for (const storage::UidSet::Range& range : uids.ranges()) ranges.push_back({range.first.value, range.last.value});
    return ranges;
}

// What has changed, and what this account may do now.
struct Seen {
    storage::MailboxChanges changes;
    storage::Rights rights = 0;
};
storage::Query<Seen> look_again(storage::AccountId account, storage::MailboxId mailbox, storage::ModSeq since) {
    return [=](storage::Snapshot& snapshot) -> Result<Seen> {
        Result<storage::MailboxChanges> changes = storage::mailbox_changes(mailbox, since)(snapshot);
        if (!changes) return std::unexpected(std::move(changes.error()));
        const Result<storage::Rights> rights = storage::get_rights(account, mailbox)(snapshot);
        if (!rights) return std::unexpected(rights.error());
        return Seen{.changes = *std::move(changes), .rights = *rights};
    };
}

}  // namespace

// From here on changes of this mailbox raise the signal, and those of its owner's account that concern no mailbox's
// messages, such as rights. The callback runs on the writer's thread.
void Session::watch(storage::AccountId owner, storage::MailboxId mailbox) {
    if (!signal_) signal_ = std::make_unique<net::Signal>(stream_.executor());
    if (watch_) {
        watch_->watch(mailbox);
        return;
    }
    watch_ = std::make_shared<MailboxWatch>(mailbox);
    subscription_ =
        services_.store.subscribe(owner, [watch = watch_, notify = signal_->notifier()](const storage::Change& change) {
            if (watch->note(change)) notify();
        });
}

void Session::unselect() {
    selected_.reset();
    subscription_ = {};
    watch_.reset();
    stale_ = false;
    held_back_ = false;
    contexts_ = {};
    changed_ = {};
    vanished_ = {};
    arrived_ = {};
    own_ = {};
    if (signal_) signal_->clear();
}

bool Session::stale() const { return selected_ && (stale_ || watch_->is_ahead_of(selected_->synced())); }

awaitable<void> Session::sync(bool expunges_allowed) {
    if (!selected_) co_return;
    signal_->clear();
    if (stale()) {
        watch_->take();
        stale_ = true;
        const storage::Uid known = selected_->uid_next();
        std::string fault;
        try {
            if (!selected_->deleted()) co_await take_in_changes();
            stale_ = false;
        } catch (const std::exception& error) {
            fault = error.what();  // the next sync tries again
        }
        if (!fault.empty()) log_.error("fault", {{"during", "sync"}, {"reason", fault}});
        const bool arrivals = selected_->uid_next() > std::max(known, selected_->recent_claimed());
        if (arrivals && selected_->writable() && !rev2_) co_await claim_recent();
    }
    co_await tell_updates(expunges_allowed);
}

awaitable<void> Session::catch_up(bool expunges_allowed) {
    if (tells_selected()) {
        co_await sync(expunges_allowed);
        if (selected_) tell_standing();
    }
    co_await tell_news();
}

// While a VANISHED is held back, MODSEQs above it may have been told: so the client hears where it really stands, and
// again when it has caught up. RFC 7162 §3.2, §6.
void Session::tell_standing() {
    const bool behind = qresync_ && !selected_->unannounced().empty();
    if (behind) {
        tell_highest_modseq(selected_->announced(), "Some have vanished, told later");
    } else if (held_back_) {
        tell_highest_modseq(selected_->synced(), "All is told");
    }
    held_back_ = behind;
}

void Session::tell_highest_modseq(storage::ModSeq modseq, std::string_view why) {
    say().status("*", wire::Condition::ok, "HIGHESTMODSEQ " + std::to_string(modseq.value), why);
}

void Session::tell_vanished_earlier(const storage::UidSet& uids) { say().vanished(ranges_of(uids), true); }

void Session::take_in_own(storage::ModSeqStep step, const storage::UidSet& changed, const storage::UidSet& vanished) {
    if (step.after == storage::ModSeq{} || !selected_->apply_own(step, vanished)) return;
    if (contexts_.empty()) return;
    changed_.merge(changed);
    vanished_.merge(vanished);
}

// Who may no longer read finds the mailbox gone; what else of one's rights has changed is told by PERMANENTFLAGS
// (RFC 4314 §5.1.1).
awaitable<void> Session::take_in_changes() {
    const Result<Seen> seen =
        co_await services_.store.read(look_again(account(), selected_->id(), selected_->synced()));
    if (!seen) {
        if (seen.error().reason == storage::Reason::no_such_mailbox) take_in_deletion();
        co_return;
    }
    if ((seen->rights & storage::right::read) == 0) {
        take_in_deletion();
        co_return;
    }
    std::vector<const storage::Flags*> flags;
    for (const storage::Message& message : seen->changes.changed) flags.push_back(&message.flags);
    co_await learn_keywords(flags);
    selected_->apply(seen->changes);
    if (!contexts_.empty()) {
        storage::UidSet changed;
        for (const storage::Message& message : seen->changes.changed) changed.insert(message.uid);
        changed_.merge(changed);
        vanished_.merge(seen->changes.vanished);
    }
    if (seen->rights == selected_->rights()) co_return;
    selected_->set_rights(seen->rights);
    tell_flags();
}

void Session::take_in_deletion() {
    selected_->apply_deletion();
    if (!contexts_.empty()) vanished_ = selected_->numbers().all();
}

// New messages are told of before the mark of \Recent is moved, which waits for a commit.
awaitable<void> Session::claim_recent() {
    Updates arrivals = selected_->take_updates(false);
    co_await tell(std::move(arrivals));
    if (contexts_.empty()) co_await tell_arrivals({});  // else it is not known yet what they want
    co_await stream_.flush();
    std::string fault;
    try {
        const Result<storage::RecentRange> taken =
            co_await services_.store.write(storage::take_recent(selected_->id()));
        if (taken) selected_->claim_recent(*taken);
    } catch (const std::exception& error) {
        fault = error.what();  // they stay recent for whoever comes next
    }
    if (!fault.empty()) log_.error("fault", {{"during", "take_recent"}, {"reason", fault}});
}

awaitable<void> Session::learn_keywords(const std::vector<const storage::Flags*>& flags) {
    const bool known = std::ranges::all_of(flags, [&](const storage::Flags* one) {
        const std::size_t bits = one->keywords.octets().size() * 8;
        if (bits <= keywords_.size()) return true;
        const std::vector<std::uint32_t> numbers = one->keywords.numbers();
        return numbers.empty() || numbers.back() < keywords_.size();
    });
    if (known) co_return;
    Result<std::vector<std::string>> keywords =
        co_await services_.store.read(storage::list_keywords(selected_->owner()));
    if (!keywords || keywords->size() == keywords_.size()) co_return;
    keywords_ = std::move(*keywords);
    tell_flags();
}

void Session::tell_flags() {
    const std::vector<std::string_view> names(keywords_.begin(), keywords_.end());
    say().flags(storage::system_flag::all, names);
    const storage::Rights rights = selected_->read_only() ? storage::Rights{0} : selected_->rights();
    const std::uint8_t system = storage::changeable_flags(rights);
    const bool keywords = (rights & storage::right::write) != 0;
    const std::string code = wire::permanent_flags_code(
        system, keywords ? std::span<const std::string_view>(names) : std::span<const std::string_view>(), keywords);
    say().status("*", wire::Condition::ok, code, system != 0 ? "Flags are kept" : "Nothing can be changed");
}

std::vector<std::string_view> Session::keyword_names(const storage::KeywordSet& keywords) const {
    std::vector<std::string_view> names;
    if (keywords.empty()) return names;
    for (const std::uint32_t number : keywords.numbers()) {
        if (number < keywords_.size()) names.emplace_back(keywords_[number]);
    }
    return names;
}

awaitable<void> Session::tell(Updates updates) {
    if (notification_ && !notification_->selected.flag_change) updates.flags.clear();
    if (qresync_ || uid_only_) {
        say().vanished(ranges_of(updates.vanished), false);
        updates.expunged.clear();
    }
    for (const ExpungeRun& run : updates.expunged) {
        for (std::uint32_t i = 0; i < run.count; ++i) say().expunge(run.number);
        co_await stream_.drain();
    }
    if (updates.exists) say().exists(*updates.exists);
    if (updates.recent && !rev2_) say().recent(*updates.recent);
    for (const FlagUpdate& update : updates.flags) {
        tell_flags_of(update.number, {.uid = update.uid, .flags = update.flags, .modseq = update.modseq},
                      {.uid = tells_uids()});
        co_await stream_.drain();
    }
    if (!updates.exists || updates.first_new == 0) co_return;
    const wire::NumberRange arrivals{updates.first_new, *updates.exists};
    const MessageNumbers& numbers = selected_->numbers();
    arrived_.merge(numbers.known(numbers.uids_of(std::span(&arrivals, 1))));
}

wire::FetchWriter Session::say_fetch(std::uint32_t number, storage::Uid uid) {
    if (uid_only_) return {stream_.output(), uid.value, utf8_, wire::FetchName::uid};
    return {stream_.output(), number, utf8_};
}

void Session::tell_flags_of(std::uint32_t number, const storage::FlagChange::Changed& message, FlagItems items) {
    wire::FetchWriter fetch = say_fetch(number, message.uid);
    if (items.uid) fetch.uid(message.uid.value);
    if (items.flags) {
        fetch.flags(message.flags.system, is_recent(message.uid), keyword_names(message.flags.keywords));
    }
    if (condstore_) fetch.mod_seq(message.modseq.value);
    fetch.end();
}

}  // namespace imap
