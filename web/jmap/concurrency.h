// How many requests of each account are under way: maxConcurrentRequests (RFC 8620 §2). Thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "protocols/locking/mutex.h"
#include "storage/types.h"

namespace jmap {

class ConcurrentRequests {
  public:
    // A place, which is kept until the result is gone; nullptr: the account has `most` already.
    std::shared_ptr<void> enter(storage::AccountId account, std::size_t most);

  private:
    struct Counts {
        locking::Mutex mutex;
        std::unordered_map<storage::AccountId, std::size_t> by_account GUARDED_BY(mutex);
    };
    const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();  // a place may outlive this
};

}  // namespace jmap
