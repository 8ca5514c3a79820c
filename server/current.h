// A value that many threads read and a reload replaces; readers keep the version that they got.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace server {

template <class T>
class Current {
  public:
    Current() = default;
    explicit Current(std::shared_ptr<T> value) : value_(std::move(value)) {}

    std::shared_ptr<T> get() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    void set(std::shared_ptr<T> value) {
        const std::lock_guard lock(mutex_);
        value_.swap(value);  // the old value is freed outside the lock
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};

}  // namespace server
