// The change feed: notifies subscribers of changes in an account or in the queue. A notice says only that something has
// changed; subscribers read what from the store. RFC 2177, RFC 7162 and JMAP push use it.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "protocols/locking/mutex.h"
#include "storage/engine/batch.h"
#include "storage/store.h"

namespace storage {

// Thread-safe. Shared by the store and its subscriptions, so that either may be destroyed first.
class Feed : public std::enable_shared_from_this<Feed> {
  public:
    Subscription subscribe(AccountId account, std::function<void(const Change&)> callback);
    Subscription subscribe_accounts(std::function<void(AccountId)> callback);
    Subscription subscribe_queue(std::function<void()> callback);

    // Calls the subscribers of these notices, on this thread. A Change of account 0 is for all of them.
    void publish(const engine::Batch::Announcements& announcements);

  private:
    friend class Subscription;
    using EntryPointer = std::shared_ptr<Subscription::Entry>;
    Subscription add(AccountId account, std::function<void(const Change&)> callback);
    void remove(const EntryPointer& entry);

    locking::Mutex mutex_;
    std::unordered_map<AccountId, std::vector<EntryPointer>> accounts_ GUARDED_BY(mutex_);  // below 1: see feed.cpp
};

}  // namespace storage
