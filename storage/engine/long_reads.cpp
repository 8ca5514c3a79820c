// Turns of long reads. There are as many threads more as reads may be paused, so a read that pauses always leaves a
// thread for the next.
#include "storage/engine/long_reads.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "storage/engine/reader.h"
#include "storage/engine/thread_name.h"

namespace storage::engine {

LongReads::LongReads(const StoreOptions& options, ConnectionOptions connection)
    : options_(options), connection_(std::move(connection)), most_running_(std::max(1u, options.long_readers)) {}

LongReads::~LongReads() {
    while (true) {  // a thread may start another one meanwhile
        std::vector<std::thread> threads;
        {
            const locking::Lock lock(mutex_);
            closing_ = true;
            threads.swap(threads_);
        }
        if (threads.empty()) return;
        arrived_.notify_all();
        for (std::thread& thread : threads) thread.join();
    }
}

void LongReads::submit(AccountId account, Store::ReadJob job) {
    bool wakes = false;
    {
        const locking::Lock lock(mutex_);
        if (threads_.empty()) start_thread();
        waiting_.push(account, Work{.job = std::move(job)});
        admit();
        wakes = !ready_.empty();
    }
    if (wakes) arrived_.notify_one();  // outside the lock, or the thread would wake into it
}

// Gives turns to what waits, as many as there may be at once.
void LongReads::admit() {
    while (running_ < most_running_ && !waiting_.empty()) {
        Queue::Taken next = waiting_.take();
        ++running_;
        if (Paused* paused = next.work.paused) {
            --paused_;
            paused->goes_on = true;
            paused->changed.notify_one();
            continue;
        }
        ready_.push_back(std::move(next));
        if (free_ < ready_.size()) (void)has_free_thread();
    }
}

// Starts one if need be and possible.
bool LongReads::has_free_thread() {
    if (free_ > ready_.size()) return true;
    const std::size_t threads = running_ - ready_.size() + paused_ + free_;
    if (threads >= std::size_t{most_running_} + options_.paused_reads) return false;
    try {
        start_thread();
    } catch (const std::system_error&) {
        return false;
    }
    return true;
}

void LongReads::start_thread() {
    threads_.emplace_back([this] { loop(); });
    ++free_;
}

LongReads::Turn LongReads::turn_of(AccountId account) const {
    return {account, std::chrono::steady_clock::now() + options_.long_read_turn};
}

void LongReads::loop() {
    name_thread("store reader");
    Turn turn;
    Reader reader(connection_, [&] { return give_way(turn); });
    locking::Lock lock(mutex_);
    while (true) {
        if (ready_.empty()) {
            if (closing_ && waiting_.empty()) {
                --free_;
                return;
            }
            const auto until = std::chrono::steady_clock::now() + idle_before_resting;
            if (!arrived_.wait_until(mutex_, until) && ready_.empty()) reader.rest();
            continue;
        }
        Queue::Taken next = std::move(ready_.front());
        ready_.pop_front();
        --free_;
        lock.unlock();
        turn = turn_of(next.party);
        reader.run(next.work.job);
        next.work = {};
        lock.lock();
        ++free_;
        --running_;
        waiting_.done(next.party);
        admit();
        if (closing_ || ready_.size() > 1) arrived_.notify_all();
    }
}

// Called during the read, often. False: it must end.
bool LongReads::give_way(Turn& turn) noexcept {
    if (std::chrono::steady_clock::now() < turn.end) return true;
    bool goes_on = true;
    try {
        goes_on = pause(turn.account);
    } catch (const std::exception&) {
        // Out of memory: the read goes on.
    }
    turn = turn_of(turn.account);
    return goes_on;
}

bool LongReads::pause(AccountId account) {
    const locking::Lock lock(mutex_);
    if (closing_) return false;
    if (!waiting_.others_wait(account) || paused_ >= options_.paused_reads || !has_free_thread()) return true;
    Paused here;
    waiting_.push_begun(account, Work{.job = {}, .paused = &here});
    waiting_.done(account);
    --running_;
    ++paused_;
    admit();
    if (!ready_.empty()) arrived_.notify_one();
    while (!here.goes_on) here.changed.wait(mutex_);
    return !closing_;
}

}  // namespace storage::engine
