// Waits before the answers to failed log-ins, all of which end at once when the house closes: a session that waits must
// still hear of it. server/README.md "Identity". How long they are is the throttle's to say.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>

namespace server::auth {

// Thread-safe. Outlives its waits.
class Delays {
  public:
    // On an executor of one thread. Returns at once after end().
    asio::awaitable<void> wait(std::chrono::seconds duration);
    // Ends every wait, those that are to come too. From any thread.
    void end();

  private:
    // A wait's place among those that end() ends, also given up where its coroutine is destroyed.
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

    std::mutex mutex_;
    bool ended_ = false;
    std::set<std::shared_ptr<asio::steady_timer>> waiting_;
};

}  // namespace server::auth
