// What was counted in mailboxes, until their messages change: clients ask for it again after each change elsewhere.
// Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>

#include "protocols/locking/mutex.h"
#include "storage/mailbox_edits.h"
#include "storage/mailboxes.h"

namespace jmap {

class EmailCounts {
  public:
    explicit EmailCounts(std::size_t most = 10'000) : most_(most) {}

    // Of the mailbox with this HIGHESTMODSEQ, if that was counted.
    std::optional<storage::EmailCounts> find(const storage::Mailbox& mailbox) const;
    // As it was counted after the mailbox was read. If there are too many, others are forgotten.
    void put(const storage::Mailbox& mailbox, const storage::EmailCounts& counts);

  private:
    struct Counted {
        storage::ModSeq modseq;
        storage::EmailCounts counts;
    };
    const std::size_t most_;
    mutable locking::Mutex mutex_;
    std::unordered_map<storage::MailboxId, Counted> counted_ GUARDED_BY(mutex_);
};

}  // namespace jmap
