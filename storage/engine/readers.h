// The reading threads: each with its own read-only connection. Two lanes, so that searches and exports cannot delay the
// short reads.
#pragma once

#include <thread>
#include <vector>

#include "protocols/locking/condition.h"
#include "protocols/locking/fair_queue.h"
#include "protocols/locking/mutex.h"
#include "storage/engine/connection.h"
#include "storage/engine/long_reads.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

class Readers {
  public:
    // `options` must outlive this. Threads start with the first job of their lane.
    explicit Readers(const StoreOptions& options);
    ~Readers();  // finishes the waiting jobs
    Readers(const Readers&) = delete;
    Readers& operator=(const Readers&) = delete;

    // The job runs on a thread of the short lane, as in Reader::run. Accounts take turns, a job each, and none has the
    // last thread: there is one more than an account may have at once.
    void submit(AccountId account, Store::ReadJob job);
    LongReads& long_reads() { return long_; }

  private:
    void loop();
    bool may_take() REQUIRES(mutex_) { return !waiting_.empty() && waiting_.running_of_next() < most_of_one_; }

    const unsigned most_of_one_;  // threads
    const unsigned most_threads_;
    const ConnectionOptions connection_;
    locking::Mutex mutex_;
    locking::Condition arrived_;
    locking::FairQueue<AccountId, Store::ReadJob> waiting_ GUARDED_BY(mutex_);
    unsigned idle_ GUARDED_BY(mutex_) = 0;    // threads waiting for a job
    unsigned called_ GUARDED_BY(mutex_) = 0;  // of these, for one that is there
    bool closing_ GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_ GUARDED_BY(mutex_);
    LongReads long_;
};

}  // namespace storage::engine
