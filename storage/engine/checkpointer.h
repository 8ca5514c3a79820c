// Copies the write-ahead log back into the database: most of it in long strides on a thread of its own while the writer
// goes on, the short rest by the writer between two batches; then the log restarts from its beginning.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"
#include "storage/engine/connection.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

class Checkpointer {
  public:
    // `writer` is the writing connection; `options` must outlive this.
    Checkpointer(Connection& writer, const StoreOptions& options);
    ~Checkpointer();
    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;

    // The following run on the writer's thread, outside a transaction.
    // After a commit under load: starts a stride when the log has grown past its limit, or finishes what a stride left.
    void under_load();
    // When nothing waits: copies everything, if it is worth it. Errors are left to the next commit.
    void when_idle();

    std::uint64_t log_octets() const;      // not yet copied back, as of the last commit
    std::uint64_t log_end_octets() const;  // where the log's next frame goes

  private:
    void run_strides();
    bool checkpoint(Connection& connection);

    Connection& writer_;
    const StoreOptions& options_;
    std::uint64_t frame_octets_;
    std::atomic<std::uint64_t> frames_{0};  // in the log after the last commit
    std::atomic<std::uint64_t> copied_{0};  // of these, back in the database
    std::uint64_t try_at_octets_ = 0;       // on the writer's thread: do not try before the log ends here

    locking::Mutex mutex_;
    locking::Condition wanted_;
    bool stride_ GUARDED_BY(mutex_) = false;         // requested or running
    bool thread_failed_ GUARDED_BY(mutex_) = false;  // it could not open the file
    bool closing_ GUARDED_BY(mutex_) = false;
    std::thread thread_;  // started with the first stride
};

}  // namespace storage::engine
