// The lane of long reads: searches, sorts, exports. Accounts take turns (locking/fair_queue.h). A turn is a few
// milliseconds, wherever the read is by then: the engine looks at the clock during every statement and at every read of
// content. If another account waits, the read stops there, on its thread and with its snapshot, until its next turn;
// meanwhile another thread works. So no query can keep others waiting, however it was written, and a lone account's
// reads are never interrupted.
#pragma once

#include <chrono>
#include <deque>
#include <thread>
#include <vector>

#include "protocols/locking/condition.h"
#include "protocols/locking/fair_queue.h"
#include "protocols/locking/mutex.h"
#include "storage/engine/connection.h"
#include "storage/store.h"
#include "storage/store_options.h"
#include "storage/types.h"

namespace storage::engine {

class LongReads {
  public:
    // `options` must outlive this. Threads start with the first job. `connection`: of each thread.
    LongReads(const StoreOptions& options, ConnectionOptions connection);
    ~LongReads();  // what runs or waits ends with an error at the end of its turn
    LongReads(const LongReads&) = delete;
    LongReads& operator=(const LongReads&) = delete;

    // The job runs as in Reader::run, in its account's turns.
    void submit(AccountId account, Store::ReadJob job);

  private:
    // A read that waits on its thread for its next turn.
    struct Paused {
        locking::Condition changed;
        bool goes_on = false;
    };
    // A read that has not begun, or one that has.
    struct Work {
        Store::ReadJob job;
        Paused* paused = nullptr;
    };
    using Queue = locking::FairQueue<AccountId, Work>;
    struct Turn {
        AccountId account;
        std::chrono::steady_clock::time_point end;
    };

    void loop();
    bool give_way(Turn& turn) noexcept;
    bool pause(AccountId account);
    void admit() REQUIRES(mutex_);
    bool has_free_thread() REQUIRES(mutex_);
    void start_thread() REQUIRES(mutex_);
    Turn turn_of(AccountId account) const;

    const StoreOptions& options_;
    const ConnectionOptions connection_;
    const unsigned most_running_;
    locking::Mutex mutex_;
    locking::Condition arrived_;
    Queue waiting_ GUARDED_BY(mutex_);
    std::deque<Queue::Taken> ready_ GUARDED_BY(mutex_);  // whose turn it is, but no thread has them yet
    unsigned running_ GUARDED_BY(mutex_) = 0;            // whose turn it is
    unsigned paused_ GUARDED_BY(mutex_) = 0;
    std::size_t free_ GUARDED_BY(mutex_) = 0;  // threads without a read
    bool closing_ GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace storage::engine
