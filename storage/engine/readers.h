// The threads that read: each with a read-only connection of its own, opened when first needed. Two lanes, so that
// searches and exports cannot starve the short reads.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

class Readers {
  public:
    // `options` outlives this. Threads start with the first job of their lane.
    explicit Readers(const StoreOptions& options);
    ~Readers();  // runs what waits
    Readers(const Readers&) = delete;
    Readers& operator=(const Readers&) = delete;

    // Runs the job on one snapshot; its finish is called on the reader's thread after it. When there is no connection
    // to be had, the job is finished without having run.
    void submit(Store::ReadJob job, ReaderLane lane);

  private:
    struct LaneState {
        unsigned most_threads = 1;
        std::size_t cache_octets = 0;  // of each connection
        std::mutex mutex;
        std::condition_variable arrived;
        std::deque<Store::ReadJob> waiting;
        unsigned idle = 0;  // threads that wait for a job
        bool closing = false;
        std::vector<std::thread> threads;
    };
    void loop(LaneState& lane);
    void run(std::unique_ptr<Connection>& connection, const LaneState& lane, Store::ReadJob& job);
    void close(LaneState& lane);

    const StoreOptions& options_;
    LaneState short_;
    LaneState long_;
};

}  // namespace storage::engine
