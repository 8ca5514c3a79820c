// The lane of short reads: a fair queue, a few threads.
#include "storage/engine/readers.h"

#include <algorithm>
#include <utility>

#include "storage/engine/reader.h"
#include "storage/engine/thread_name.h"

namespace storage::engine {

namespace {

ConnectionOptions connection_of_each(const StoreOptions& options) {
    const std::size_t threads = std::max(1u, options.readers) + std::max(1u, options.long_readers);
    return {.path = options.path,
            .read_only = true,
            .cache_octets = options.cache_octets / threads,
            .sharing = options.sharing};
}

}  // namespace

Readers::Readers(const StoreOptions& options)
    : most_threads_(std::max(1u, options.readers)),
      connection_(connection_of_each(options)),
      long_(options, connection_) {}

Readers::~Readers() {
    std::vector<std::thread> threads;
    {
        const locking::Lock lock(mutex_);
        closing_ = true;
        threads.swap(threads_);
    }
    arrived_.notify_all();
    for (std::thread& thread : threads) thread.join();
}

void Readers::submit(AccountId account, Store::ReadJob job) {
    bool one_is_idle = false;
    {
        const locking::Lock lock(mutex_);
        waiting_.push(account, std::move(job));
        one_is_idle = waiting_.size() <= idle_;
        if (!one_is_idle && threads_.size() < most_threads_) threads_.emplace_back([this] { loop(); });
    }
    if (one_is_idle) arrived_.notify_one();  // outside the lock, or the thread would wake into it
}

void Readers::loop() {
    name_thread("store reader");
    Reader reader(connection_);
    locking::Lock lock(mutex_);
    while (true) {
        if (waiting_.empty()) {
            if (closing_) return;
            ++idle_;
            const auto until = std::chrono::steady_clock::now() + idle_before_resting;
            const bool notified = arrived_.wait_until(mutex_, until);
            --idle_;
            if (!notified && waiting_.empty()) reader.rest();
            continue;
        }
        auto [account, job] = waiting_.take();
        lock.unlock();
        reader.run(job);
        job = {};
        lock.lock();
        waiting_.done(account);
    }
}

}  // namespace storage::engine
