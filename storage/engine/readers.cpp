// Snapshot reads on worker threads. A snapshot lasts for one job only, so that the log can be checkpointed.
#include "storage/engine/readers.h"

#include <algorithm>

#include "storage/engine/thread_name.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

namespace {

// Threads without work for this long free their cache.
constexpr auto idle_before_shrinking = std::chrono::seconds(30);

// A read transaction: everything in its scope is one snapshot.
class ReadTransaction {
  public:
    explicit ReadTransaction(Connection& connection) : connection_(connection) { connection_.statement("BEGIN").run(); }
    ~ReadTransaction() {
        try {
            if (connection_.in_transaction()) connection_.statement("COMMIT").run();
        } catch (const Error&) {
            // A read has nothing to lose; if the connection is broken, the next BEGIN fails.
        }
    }
    ReadTransaction(const ReadTransaction&) = delete;
    ReadTransaction& operator=(const ReadTransaction&) = delete;

  private:
    Connection& connection_;
};

}  // namespace

Readers::Readers(const StoreOptions& options) : options_(options) {
    short_.most_threads = std::max(1u, options.readers);
    long_.most_threads = std::max(1u, options.long_readers);
    const std::size_t share = options.cache_octets / (short_.most_threads + long_.most_threads);
    short_.cache_octets = share;
    long_.cache_octets = share;
}

Readers::~Readers() {
    close(short_);
    close(long_);
}

void Readers::close(LaneState& lane) {
    std::vector<std::thread> threads;
    {
        const locking::Lock lock(lane.mutex);
        lane.closing = true;
        threads.swap(lane.threads);
    }
    lane.arrived.notify_all();
    for (std::thread& thread : threads) thread.join();
}

void Readers::submit(Store::ReadJob job, ReaderLane which) {
    LaneState& lane = which == ReaderLane::short_reads ? short_ : long_;
    bool one_is_idle = false;
    {
        const locking::Lock lock(lane.mutex);
        lane.waiting.push_back(std::move(job));
        one_is_idle = lane.waiting.size() <= lane.idle;
        if (!one_is_idle && lane.threads.size() < lane.most_threads) {
            lane.threads.emplace_back([this, &lane] { loop(lane); });
        }
    }
    if (one_is_idle) lane.arrived.notify_one();  // outside the lock, or the thread would wake into it
}

void Readers::loop(LaneState& lane) {
    name_thread("store reader");
    std::unique_ptr<Connection> connection;
    locking::Lock lock(lane.mutex);
    while (true) {
        if (lane.waiting.empty()) {
            if (lane.closing) return;
            ++lane.idle;
            const auto until = std::chrono::steady_clock::now() + idle_before_shrinking;
            const bool notified = lane.arrived.wait_until(lane.mutex, until);
            --lane.idle;
            if (!notified && lane.waiting.empty()) connection.reset();
            continue;
        }
        Store::ReadJob job = std::move(lane.waiting.front());
        lane.waiting.pop_front();
        lock.unlock();
        run(connection, lane, job);
        job = {};
        lock.lock();
    }
}

void Readers::run(std::unique_ptr<Connection>& connection, const LaneState& lane, Store::ReadJob& job) {
    try {
        if (!connection) {
            connection = std::make_unique<Connection>(
                ConnectionOptions{.path = options_.path, .read_only = true, .cache_octets = lane.cache_octets});
        }
        const ReadTransaction snapshot(*connection);
        job.run(*connection);
    } catch (...) {
        job.failed(std::current_exception());
    }
    job.finish();
}

}  // namespace storage::engine
