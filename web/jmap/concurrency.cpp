// Counts by account; one without requests has none.
#include "web/jmap/concurrency.h"

namespace jmap {

std::shared_ptr<void> ConcurrentRequests::enter(storage::AccountId account, std::size_t most) {
    const locking::Lock lock(counts_->mutex);
    std::size_t& count = counts_->by_account[account];
    if (count >= most) return nullptr;
    ++count;
    return {counts_.get(), [counts = counts_, account](void*) {
                const locking::Lock leaving(counts->mutex);
                const auto found = counts->by_account.find(account);
                if (--found->second == 0) counts->by_account.erase(found);
            }};
}

}  // namespace jmap
