// Delays before the answers to failed log-ins. All end at once when the server stops: the session must still be told.
// The throttle decides how long they are. server/README.md "Identity".
#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <set>

#include "protocols/locking/mutex.h"

namespace server::auth {

// Thread-safe. Must outlive its waits.
class Delays {
  public:
    // On a single-threaded executor. Returns at once after end().
    asio::awaitable<void> wait(std::chrono::seconds duration);
    // Ends all waits, present and future. From any thread.
    void end();

  private:
    // Registers a wait with end(); unregisters it even if its coroutine is destroyed.
    class Entry {
      public:
        Entry(Delays& delays, std::shared_ptr<asio::steady_timer> timer);
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        ~Entry();

      private:
        Delays& delays_;
        std::shared_ptr<asio::steady_timer> timer_;
    };

    locking::Mutex mutex_;
    bool ended_ GUARDED_BY(mutex_) = false;
    std::set<std::shared_ptr<asio::steady_timer>> waiting_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
