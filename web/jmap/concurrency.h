// How many requests of each account are under way: maxConcurrentRequests (RFC 8620 §2). Used on one thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "storage/types.h"

namespace jmap {

class ConcurrentRequests {
  public:
    // A place, which is kept until the result is gone; nullptr: the account has `most` already.
    std::shared_ptr<void> enter(storage::AccountId account, std::size_t most);

  private:
    using Counts = std::unordered_map<storage::AccountId, std::size_t>;
    const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();  // a place may outlive this
};

}  // namespace jmap
