// The lane of short reads: a fair queue, a few threads.
#include "storage/engine/readers.h"

#include <algorithm>
#include <utility>

#include "storage/engine/reader.h"
#include "storage/engine/thread_name.h"

namespace storage::engine {

namespace {

ConnectionOptions connection_of_each(const StoreOptions& options) {
    const std::size_t threads = std::max(1u, options.readers) + 1 + std::max(1u, options.long_readers);
    return {.path = options.path,
            .read_only = true,
            .cache_octets = options.cache_octets / threads,
            .sharing = options.sharing};
}

}  // namespace

Readers::Readers(const StoreOptions& options)
    : most_of_one_(std::max(1u, options.readers)),
      most_threads_(most_of_one_ + 1),
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
    bool calls = false;
    {
        const locking::Lock lock(mutex_);
        waiting_.push(account, std::move(job));
        if (!may_take()) return;  // when a job of this account is done
        calls = called_ < idle_;
        if (calls) {
            ++called_;
        } else if (threads_.size() < most_threads_) {
            threads_.emplace_back([this] { loop(); });
        }
    }
    if (calls) arrived_.notify_one();  // outside the lock, or the thread would wake into it
}

void Readers::loop() {
    name_thread("store reader");
    Reader reader(connection_);
    locking::Lock lock(mutex_);
    while (true) {
        if (!may_take()) {
            if (closing_) return;  // who runs what is left is not this one
            ++idle_;
            const auto until = std::chrono::steady_clock::now() + idle_before_resting;
            const bool notified = arrived_.wait_until(mutex_, until);
            --idle_;
            called_ -= called_ > 0 ? 1 : 0;
            if (!notified && !may_take()) reader.rest();
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
