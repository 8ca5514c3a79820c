// The one writing thread: takes the waiting operations, runs each in its own savepoint of one transaction, commits
// once, makes the commit durable, and only then answers. Accounts take turns, an operation each, and what a batch has
// no time for waits for the next: so whoever has much to write keeps the others waiting for one batch and one
// operation, not for all of it. Also checkpoints, at idle moments.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "protocols/locking/condition.h"
#include "protocols/locking/fair_queue.h"
#include "protocols/locking/mutex.h"
#include "storage/engine/batch.h"
#include "storage/engine/checkpointer.h"
#include "storage/engine/wal_file.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

class Writer {
  public:
    using Publish = Function<void(const Batch::Announcements&)>;  // on the writer's thread, after the commit

    // `options` must outlive the writer. Throws Error if the file cannot be opened.
    Writer(const StoreOptions& options, Publish publish);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void submit(Store::WriteJob job);
    // Finishes the waiting operations (sliced ones get no further slice), syncs, and ends the thread. Afterwards the
    // caller may use connection().
    void stop();
    Connection& connection() { return connection_; }
    Store::Figures figures() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Item {
        Store::WriteJob job;
        bool sliced = false;  // a slice of it is committed: it cannot be restarted
        bool solo = false;    // must run alone: the transaction that it shared was lost
    };
    // The result of an item in the current batch. `failure` and `refusal`: why it had no effect.
    struct Ending {
        Store::Step step = Store::Step::done;
        std::exception_ptr failure;
        std::optional<Refusal> refusal;
        bool lost = false;  // its transaction was rolled back; not its own fault, unless it was alone
        bool kept() const { return !failure && !refusal && !lost && step != Store::Step::refused; }
    };
    using Items = std::vector<Item>;
    using Queue = locking::FairQueue<AccountId, Item>;
    using Endings = std::vector<Ending>;

    void loop();
    Items wait_for_items();
    Items take_items() REQUIRES(mutex_);
    Clock::time_point next_deadline() const;

    void run_batch(Items items);
    bool lacks_room(const Items& items);
    void run_items(Batch& batch, Items& items, Endings& endings);
    void put_off(Items& items, Endings& endings, std::size_t first);
    Ending run_item(Batch& batch, Item& item, bool alone);
    Ending call(Batch& batch, Item& item);
    void commit(Batch& batch, Endings& endings);
    void lose(Endings& endings, const Ending& cause);
    void make_durable(const Items& items, Endings& endings);
    void finish(Items items, Endings endings);
    void take_back(Item item, Ending ending);
    void roll_back();

    void checkpoint_if_idle();
    void sync_if_due();
    void look_for_others();

    const StoreOptions& options_;
    Connection connection_;
    WalFile wal_;
    Checkpointer checkpointer_;
    Publish publish_;

    locking::Mutex mutex_;
    locking::Condition arrived_;
    Queue waiting_ GUARDED_BY(mutex_);
    bool closing_ GUARDED_BY(mutex_) = false;

    // Only on the writer's thread.
    bool ended_ = false;  // stop was requested and the queue was empty, checked under one lock, so that no job is lost
    std::deque<Item> sliced_;  // waiting for their next slice
    bool unsynced_ = false;    // there are prompt commits that are not on disk
    Clock::time_point sync_at_{};
    Clock::time_point checkpoint_at_{};
    Clock::time_point last_work_{};
    Clock::time_point look_at_{};
    std::int64_t seen_version_ = 0;
    std::exception_ptr broken_;  // a sync failed: what is on disk is unknown

    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> operations_{0};
    std::atomic<std::uint64_t> synced_commits_{0};
    std::atomic<std::uint64_t> late_syncs_{0};
    std::thread thread_;
};

}  // namespace storage::engine
