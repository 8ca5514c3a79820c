// Waiting for a change by another thread. There are no predicates: the loop `while (!ready_) changed_.wait(mutex_);`
// stands in the function that holds the lock, so the compiler can check what it reads.
#pragma once

#include <chrono>
#include <condition_variable>

#include "protocols/locking/mutex.h"

namespace locking {

// std::condition_variable. A wait releases the mutex meanwhile, and may return without a reason.
class Condition {
  public:
    void notify_one() noexcept { condition_.notify_one(); }
    void notify_all() noexcept { condition_.notify_all(); }

    void wait(Mutex& mutex) REQUIRES(mutex) {
        Adopted held(mutex);
        condition_.wait(held.lock);
    }
    // False: the time passed without a notification.
    bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point when) REQUIRES(mutex) {
        Adopted held(mutex);
        return condition_.wait_until(held.lock, when) == std::cv_status::no_timeout;
    }

  private:
    // The mutex that the caller has locked, in the form that the condition variable needs.
    struct Adopted {
        explicit Adopted(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
        ~Adopted() { lock.release(); }
        Adopted(const Adopted&) = delete;
        Adopted& operator=(const Adopted&) = delete;
        std::unique_lock<std::mutex> lock;
    };
    std::condition_variable condition_;
};

}  // namespace locking
