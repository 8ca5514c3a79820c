// Counts by account; one without requests has none.
#include "web/jmap/concurrency.h"

namespace jmap {

std::shared_ptr<void> ConcurrentRequests::enter(storage::AccountId account, std::size_t most) {
    std::size_t& count = (*counts_)[account];
    if (count >= most) return nullptr;
    ++count;
    return {counts_.get(), [counts = counts_, account](void*) {
                const auto found = counts->find(account);
                if (--found->second == 0) counts->erase(found);
            }};
}

}  // namespace jmap
