// Counts by mailbox and HIGHESTMODSEQ.
#include "web/jmap/email_counts.h"

namespace jmap {

std::optional<storage::EmailCounts> EmailCounts::find(const storage::Mailbox& mailbox) const {
    const locking::Lock lock(mutex_);
    const auto found = counted_.find(mailbox.id);
    if (found == counted_.end() || found->second.modseq != mailbox.highest_modseq) return std::nullopt;
    return found->second.counts;
}

void EmailCounts::put(const storage::Mailbox& mailbox, const storage::EmailCounts& counts) {
    const locking::Lock lock(mutex_);
    if (counted_.size() >= most_ && !counted_.contains(mailbox.id)) counted_.erase(counted_.begin());
    counted_[mailbox.id] = {.modseq = mailbox.highest_modseq, .counts = counts};
}

}  // namespace jmap
