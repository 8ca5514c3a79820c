// The reading threads: each with its own read-only connection, opened when first needed. Two lanes, so that searches
// and exports cannot delay the short reads.
#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"
#include "storage/engine/connection.h"
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

    // Runs the job on one snapshot, then calls its finish on the reader's thread. If no connection can be opened,
    // finish is called without running the job.
    void submit(Store::ReadJob job, ReaderLane lane);

  private:
    struct LaneState {
        unsigned most_threads = 1;
        std::size_t cache_octets = 0;  // of each connection
        locking::Mutex mutex;
        locking::Condition arrived;
        std::deque<Store::ReadJob> waiting GUARDED_BY(mutex);
        unsigned idle GUARDED_BY(mutex) = 0;  // threads waiting for a job
        bool closing GUARDED_BY(mutex) = false;
        std::vector<std::thread> threads GUARDED_BY(mutex);
    };
    void loop(LaneState& lane);
    void run(std::unique_ptr<Connection>& connection, const LaneState& lane, Store::ReadJob& job);
    void close(LaneState& lane);

    const StoreOptions& options_;
    LaneState short_;
    LaneState long_;
};

}  // namespace storage::engine
