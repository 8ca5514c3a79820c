// The selected mailbox as one client knows it. RFC 9051 §5.2, §5.5, §7.5.1, RFC 3501 §7.3, RFC 7162 §3.2. The order of
// updates (expunges, then counts, then flags) keeps every number valid when the client reads it. changes/changes.h
// reads the store and writes the responses.
#include "protocols/imap/mailbox/selected_mailbox.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace imap {

using storage::ModSeq;
using storage::Uid;
using storage::UidSet;

namespace {

// As base::Pace counts.
constexpr std::size_t steps_of_a_range = 4;
constexpr std::size_t steps_of_a_message = 10;

// What a std::map and the allocator add to each of its values.
constexpr std::size_t node_octets = 48;

// Of a message's keywords beside the object itself.
std::size_t keyword_octets(const storage::Flags& flags) {
    const std::size_t octets = flags.keywords.octets().capacity();
    return octets > std::string().capacity() ? octets : 0;
}

}  // namespace

SelectedMailbox::SelectedMailbox(Identity identity, const storage::MailboxView& view)
    : identity_(std::move(identity)),
      numbers_(view.uids),
      uid_next_(view.uid_next),
      synced_(view.highest_modseq),
      reported_exists_(numbers_.size()) {}

std::size_t SelectedMailbox::octets() const {
    const std::size_t told = told_.size() * (node_octets + sizeof(decltype(told_)::value_type)) + told_octets_;
    return sizeof(*this) + numbers_.octets() + vanished_.octets() + flags_.capacity() * sizeof(FlagUpdate) +
           keyword_octets_ + told + recent_.octets() + saved_.octets();
}

std::size_t SelectedMailbox::octets_to_take_in(const storage::MailboxChanges& changes) {
    std::size_t octets = changes.vanished.octets() + changes.changed.size() * sizeof(FlagUpdate);
    for (const storage::MailboxChanges::Changed& message : changes.changed) octets += keyword_octets(message.flags);
    return octets;
}

std::optional<UidSet> SelectedMailbox::resolve(const wire::SequenceSet& set, bool uid) const {
    const bool everything = set.ranges == std::vector{wire::NumberRange{1, wire::SequenceSet::star}};
    if (!uid && !everything && set.largest_named() > numbers_.size()) return std::nullopt;
    return resolve_within(set, uid);
}

UidSet SelectedMailbox::resolve_within(const wire::SequenceSet& set, bool uid) const {
    if (set.saved_result) return numbers_.known(saved_);
    const std::uint32_t largest = uid ? numbers_.largest().value : numbers_.size();
    std::vector<wire::NumberRange> ranges = set.resolved(largest);
    if (!uid) {
        std::erase_if(ranges, [&](const wire::NumberRange& range) { return range.first > largest; });
        if (!ranges.empty()) ranges.back().last = std::min(ranges.back().last, largest);
        return numbers_.uids_of(ranges);
    }
    // Messages beyond the view, not reported to this client yet, are left out.
    UidSet uids;
    for (const wire::NumberRange& range : ranges) {
        if (range.first <= largest) uids.insert(Uid{range.first}, Uid{std::min(range.last, largest)});
    }
    return uids;
}

// `synced_` moves at the end alone, and what is taken in twice is the same.
base::Slices SelectedMailbox::take_in(const storage::MailboxChanges& changes) {
    base::Pace pace;
    if (vanished_.empty()) announced_ = synced_;
    vanished_.merge(numbers_.known(changes.vanished));
    co_await pace.step(steps_of_a_range * changes.vanished.ranges().size());

    std::vector<FlagUpdate> flags;
    for (const storage::MailboxChanges::Changed& message : changes.changed) {
        if (message.uid >= uid_next_) {
            numbers_.append(message.uid);
            uid_next_ = Uid{message.uid.value + 1};
        } else if (!was_reported(message.uid, message.modseq)) {
            flags.push_back({0, message.uid, message.flags, message.modseq});
            keyword_octets_ += keyword_octets(message.flags);
        }
        co_await pace.step(steps_of_a_message);
    }
    for (base::Slices part = take_flags(std::move(flags), pace); part.go_on();) co_yield base::pause;
    uid_next_ = std::max(uid_next_, changes.uid_next);
    synced_ = std::max(synced_, changes.highest_modseq);
    const auto known = told_.upper_bound(synced_);
    for (auto told = told_.begin(); told != known; ++told) told_octets_ -= told->second.octets();
    told_.erase(told_.begin(), known);
}

// If there is an older update for a message, the newer one replaces it.
base::Slices SelectedMailbox::take_flags(std::vector<FlagUpdate> newer, base::Pace& pace) {
    const auto by_age = [](const FlagUpdate& a, const FlagUpdate& b) {
        return std::tie(a.uid, a.modseq) < std::tie(b.uid, b.modseq);
    };
    if (!std::ranges::is_sorted(newer, by_age)) std::ranges::sort(newer, by_age);
    if (flags_.empty()) {
        flags_ = std::move(newer);
        co_return;
    }
    std::vector<FlagUpdate> all;
    all.reserve(flags_.size() + newer.size());
    auto older = flags_.begin();
    for (FlagUpdate& update : newer) {
        while (older != flags_.end() && older->uid < update.uid) {
            all.push_back(*older++);
            co_await pace.step(steps_of_a_message);
        }
        if (older != flags_.end() && older->uid == update.uid) ++older;
        if (!all.empty() && all.back().uid == update.uid) all.pop_back();
        all.push_back(std::move(update));
        co_await pace.step(steps_of_a_message);
    }
    for (; older != flags_.end(); ++older) {
        all.push_back(*older);
        co_await pace.step(steps_of_a_message);
    }
    flags_ = std::move(all);
}

bool SelectedMailbox::apply_own(storage::ModSeqStep step, const UidSet& vanished) {
    if (step.before != synced_ || deleted_) return false;
    take_in({.highest_modseq = step.after, .uid_next = uid_next_, .vanished = vanished, .changed = {}}).finish();
    return true;
}

bool SelectedMailbox::writable() const {
    namespace right = storage::right;
    constexpr storage::Rights any_of =
        right::insert | right::expunge | right::keep_seen | right::write | right::delete_messages;
    return !identity_.read_only && (identity_.rights & any_of) != 0;
}

void SelectedMailbox::apply_deletion() {
    deleted_ = true;
    vanished_ = numbers_.all();
    flags_ = {};
    keyword_octets_ = 0;
}

void SelectedMailbox::reported(ModSeq modseq, const UidSet& uids) {
    if (modseq <= synced_ || uids.empty()) return;
    UidSet& told = told_[modseq];
    told_octets_ -= told.octets();
    told.merge(uids);
    told_octets_ += told.octets();
}

bool SelectedMailbox::was_reported(Uid uid, ModSeq modseq) const {
    const auto told = told_.find(modseq);
    return told != told_.end() && told->second.contains(uid);
}

Updates SelectedMailbox::take_updates(bool expunges_allowed) {
    Updates updates;
    take_updates(expunges_allowed, updates).finish();
    return updates;
}

base::Slices SelectedMailbox::take_updates(bool expunges_allowed, Updates& updates) {
    base::Pace pace;
    forget_unreported();
    if (expunges_allowed && !vanished_.empty()) {
        updates.vanished = std::exchange(vanished_, {});
        updates.expunged = numbers_.remove(updates.vanished);
        const auto gone = static_cast<std::uint32_t>(updates.vanished.count());
        reported_exists_ -= std::min(reported_exists_, gone);
        co_await pace.step(steps_of_a_range * updates.expunged.size());
    }
    take_counts(updates);
    updates.flags = std::exchange(flags_, {});
    keyword_octets_ = 0;
    std::size_t told = 0;
    for (FlagUpdate& update : updates.flags) {
        co_await pace.step(steps_of_a_message);
        const std::optional<std::uint32_t> number = numbers_.number_of(update.uid);
        if (!number || vanished_.contains(update.uid)) continue;
        update.number = *number;
        if (FlagUpdate& place = updates.flags[told++]; &place != &update) place = std::move(update);
    }
    updates.flags.resize(told);
}

void SelectedMailbox::take_counts(Updates& updates) {
    if (numbers_.size() != reported_exists_) {
        if (numbers_.size() > reported_exists_) updates.first_new = reported_exists_ + 1;
        reported_exists_ = numbers_.size();
        updates.exists = reported_exists_;
    }
    if (const std::uint32_t recent = recent_count(); recent != reported_recent_) {
        reported_recent_ = recent;
        updates.recent = recent;
    }
}

// Messages that came and went before they were reported never had a number.
void SelectedMailbox::forget_unreported() {
    const std::optional<Uid> first = numbers_.uid_of(reported_exists_ + 1);
    if (!first || vanished_.empty()) return;
    UidSet unreported;
    unreported.insert(*first, Uid{UINT32_MAX});
    numbers_.remove(vanished_.intersected(unreported));
    if (first->value == 1) {
        vanished_ = {};
        return;
    }
    UidSet known;
    known.insert(Uid{1}, Uid{first->value - 1});
    vanished_ = vanished_.intersected(known);
}

void SelectedMailbox::claim_recent(storage::RecentRange range) {
    if (range.first < range.end) recent_.insert(range.first, Uid{range.end.value - 1});
    recent_claimed_ = std::max(recent_claimed_, range.end);
}

bool SelectedMailbox::batches_again(const wire::UidBatches& command) {
    if (numbers_.empty()) {
        batches_.reset();
        return false;
    }
    if (batches_ && batches_->command == command) {
        const std::uint32_t arrived = uid_next_.value - batches_->uid_next.value;  // at most: some may be gone already
        const std::uint32_t gone = batches_->messages + arrived - numbers_.size();
        if (std::max(arrived, gone) <= command.size / 2) return true;
    }
    batches_ = {.command = command, .messages = numbers_.size(), .uid_next = uid_next_};
    return false;
}

std::uint32_t SelectedMailbox::recent_count() const { return recent_.empty() ? 0 : numbers_.count_in(recent_); }

}  // namespace imap
