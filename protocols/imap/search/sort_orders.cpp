// One order for each mailbox and criteria, as of its last message then.
#include "protocols/imap/search/sort_orders.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/search/match.h"

namespace imap {

bool is_lasting(const std::vector<wire::SortCriterion>& criteria) {
    constexpr auto by_score = wire::SortCriterion::Key::relevancy;
    return std::ranges::find(criteria, by_score, &wire::SortCriterion::key) == criteria.end();
}

std::optional<std::vector<SearchMatch>> in_order(const std::vector<SearchMatch>& matches,
                                                 const std::vector<storage::Uid>& order) {
    std::vector<SearchMatch> sorted;
    if (matches.empty()) return sorted;
    sorted.reserve(matches.size());
    const std::uint32_t first = matches.front().uid.value;
    for (const storage::Uid uid : order) {
        // Usually there are no gaps.
        const std::size_t guess = uid.value - first;
        if (uid.value >= first && guess < matches.size() && matches[guess].uid == uid) {
            sorted.push_back(matches[guess]);
            continue;
        }
        const auto found = std::ranges::lower_bound(matches, uid, {}, &SearchMatch::uid);
        if (found != matches.end() && found->uid == uid) sorted.push_back(*found);
    }
    if (sorted.size() != matches.size()) return std::nullopt;
    return sorted;
}

std::size_t SortOrders::octets_of(const Entry& entry) {
    const std::size_t octets = sizeof(Entry) + entry.order->size() * sizeof(storage::Uid) +
                               entry.criteria.size() * sizeof(wire::SortCriterion);
    return std::max(octets, least_octets);
}

SortOrders::Entries::iterator SortOrders::entry_of(storage::MailboxId mailbox,
                                                   const std::vector<wire::SortCriterion>& criteria) {
    return std::ranges::find_if(
        entries_, [&](const Entry& entry) { return entry.mailbox == mailbox && entry.criteria == criteria; });
}

SortOrder SortOrders::find(storage::MailboxId mailbox, storage::Uid last,
                           const std::vector<wire::SortCriterion>& criteria) {
    const locking::Lock lock(mutex_);
    const auto found = entry_of(mailbox, criteria);
    if (found == entries_.end() || found->last != last) return nullptr;
    entries_.splice(entries_.begin(), entries_, found);
    return found->order;
}

void SortOrders::keep(storage::MailboxId mailbox, storage::Uid last, std::vector<wire::SortCriterion> criteria,
                      const std::vector<SearchMatch>& sorted) {
    std::vector<storage::Uid> uids(sorted.size());
    std::ranges::transform(sorted, uids.begin(), &SearchMatch::uid);
    auto order = std::make_shared<const std::vector<storage::Uid>>(std::move(uids));
    Entry entry{mailbox, last, std::move(criteria), std::move(order)};
    if (octets_of(entry) > octets_) return;
    const locking::Lock lock(mutex_);
    if (const auto old = entry_of(mailbox, entry.criteria); old != entries_.end()) {
        held_octets_ -= octets_of(*old);
        entries_.erase(old);
    }
    held_octets_ += octets_of(entry);
    entries_.push_front(std::move(entry));
    while (held_octets_ > octets_) {
        held_octets_ -= octets_of(entries_.back());
        entries_.pop_back();
    }
}

}  // namespace imap
