// Mutexes whose use the compiler checks: clang's -Wthread-safety rejects code that uses a member marked
// GUARDED_BY(mutex) without holding that mutex, except in constructors and destructors. It knows nothing of libstdc++'s
// std::mutex, so only this folder uses it. Members of one thread need no mutex; a comment says whose they are.
#pragma once

#include <mutex>

// Macros, as an exception: other compilers do not know these attributes.
#if defined(__clang__)
#define MAILSTEAD_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define MAILSTEAD_THREAD_SAFETY(attribute)
#endif
// After a member's name: it is read and written only while this mutex is held.
#define GUARDED_BY(mutex) MAILSTEAD_THREAD_SAFETY(guarded_by(mutex))
// After a function's parameters: the caller holds this mutex.
#define REQUIRES(mutex) MAILSTEAD_THREAD_SAFETY(requires_capability(mutex))

namespace locking {

// std::mutex, locked by a Lock.
class MAILSTEAD_THREAD_SAFETY(capability("mutex")) Mutex {
  public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

  private:
    friend class Lock;
    friend class Condition;
    std::mutex mutex_;
};

// Holds a mutex for its lifetime, except between unlock() and lock().
class MAILSTEAD_THREAD_SAFETY(scoped_lockable) Lock {
  public:
    explicit Lock(Mutex& mutex) MAILSTEAD_THREAD_SAFETY(acquire_capability(mutex)) : lock_(mutex.mutex_) {}
    ~Lock() MAILSTEAD_THREAD_SAFETY(release_capability()) {}
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    void unlock() MAILSTEAD_THREAD_SAFETY(release_capability()) { lock_.unlock(); }
    void lock() MAILSTEAD_THREAD_SAFETY(acquire_capability()) { lock_.lock(); }

  private:
    std::unique_lock<std::mutex> lock_;
};

}  // namespace locking
