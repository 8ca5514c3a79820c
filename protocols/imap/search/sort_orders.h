// A cache of whole mailboxes' orders recently found by SORT, for all sessions. RFC 5256. A message's sort keys never
// change under its UID: an order stays valid until a message is added, and expunged ones are skipped. So a client that
// sorts page by page, or sorts search results, does not read everything again.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/imap/wire/search_command.h"
#include "protocols/locking/mutex.h"
#include "storage/types.h"

namespace imap {

struct SearchMatch;

// The UIDs of a mailbox in the order of some criteria.
using SortOrder = std::shared_ptr<const std::vector<storage::Uid>>;

// Whether the order by these criteria depends only on the messages.
bool is_lasting(const std::vector<wire::SortCriterion>& criteria);

// The matches, which must ascend, in this order; nullopt if one of them is missing in it.
std::optional<std::vector<SearchMatch>> in_order(const std::vector<SearchMatch>& matches,
                                                 const std::vector<storage::Uid>& order);

// Thread-safe.
class SortOrders {
  public:
    // The most memory that is used; beyond it, the least recently used order is dropped. Each counts as at least
    // least_octets, which also limits their number.
    static constexpr std::size_t least_octets = 4U << 10;
    explicit SortOrders(std::size_t octets = 16U << 20) : octets_(octets) {}

    // The order of the mailbox when `last` was its last message; nullptr if unknown.
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
    using Entries = std::list<Entry>;  // most recently used first
    static std::size_t octets_of(const Entry& entry);
    Entries::iterator entry_of(storage::MailboxId mailbox, const std::vector<wire::SortCriterion>& criteria)
        REQUIRES(mutex_);

    const std::size_t octets_;
    locking::Mutex mutex_;
    Entries entries_ GUARDED_BY(mutex_);
    std::size_t held_octets_ GUARDED_BY(mutex_) = 0;
};

}  // namespace imap
