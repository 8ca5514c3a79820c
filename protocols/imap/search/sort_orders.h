// The orders of whole mailboxes that SORT found lately, for all sessions. RFC 5256.
// What a message is sorted by never changes under its UID: an order stands until a message is added, and those that are
// gone meanwhile are passed over. So who sorts by the page, or sorts what a search has found, need not read it all
// again.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "protocols/imap/wire/search_command.h"
#include "storage/types.h"

namespace imap {

struct SearchMatch;

// The UIDs of a mailbox in the order of some criteria.
using SortOrder = std::shared_ptr<const std::vector<storage::Uid>>;

// Whether the order by these criteria depends on nothing but the messages.
bool is_lasting(const std::vector<wire::SortCriterion>& criteria);

// The matches, which ascend, in this order; nothing where it lacks one of them.
std::optional<std::vector<SearchMatch>> in_order(const std::vector<SearchMatch>& matches,
                                                 const std::vector<storage::Uid>& order);

// Any thread.
class SortOrders {
  public:
    // What is kept takes this at most; beyond, the order that was least lately used is forgotten. None counts as less
    // than least_octets, so that they do not grow too many.
    static constexpr std::size_t least_octets = 4U << 10;
    explicit SortOrders(std::size_t octets = 16U << 20) : octets_(octets) {}

    // The order of the mailbox as it was when `last` was its last message; null where it is not known.
    SortOrder find(storage::MailboxId mailbox, storage::Uid last, const std::vector<wire::SortCriterion>& criteria);
    void keep(storage::MailboxId mailbox, storage::Uid last, std::vector<wire::SortCriterion> criteria,
              const std::vector<SearchMatch>& sorted);

  private:
    struct Entry {
        storage::MailboxId mailbox;
        storage::Uid last;
        std::vector<wire::SortCriterion> criteria;
        SortOrder order;
    };
    using Entries = std::list<Entry>;  // the latest first
    static std::size_t octets_of(const Entry& entry);
    Entries::iterator entry_of(storage::MailboxId mailbox, const std::vector<wire::SortCriterion>& criteria);

    const std::size_t octets_;
    std::mutex mutex_;
    Entries entries_;
    std::size_t held_octets_ = 0;
};

}  // namespace imap
