// A value that many threads read and a reload replaces; readers keep the version that they got.
#pragma once

#include <memory>
#include <utility>

#include "protocols/locking/mutex.h"

namespace server {

template <class T>
class Current {
  public:
    Current() = default;
    explicit Current(std::shared_ptr<T> value) : value_(std::move(value)) {}

    std::shared_ptr<T> get() const {
        const locking::Lock lock(mutex_);
        return value_;
    }
    void set(std::shared_ptr<T> value) {
        const locking::Lock lock(mutex_);
        value_.swap(value);  // the old value is freed outside the lock
    }

  private:
    mutable locking::Mutex mutex_;
    std::shared_ptr<T> value_ GUARDED_BY(mutex_);
};

}  // namespace server
