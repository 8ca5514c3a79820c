// Something that a coroutine finds out, and others wait for, but not without end. On one thread.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>

namespace server::delivery {

class Awaited {
  public:
    using Clock = std::chrono::steady_clock;

    explicit Awaited(const asio::any_io_executor& executor) : changed_(executor) {}

    // Held by who finds it out: it is known when that ends, however it ends.
    class Finder {
      public:
        explicit Finder(Awaited& awaited) : awaited_(awaited) {}
        Finder(const Finder&) = delete;
        Finder& operator=(const Finder&) = delete;
        ~Finder() {
            awaited_.known_ = true;
            awaited_.changed_.cancel();
        }

      private:
        Awaited& awaited_;
    };

    bool is_known() const { return known_; }

    // Until it is known, or the time is over. This must outlast it.
    asio::awaitable<void> wait(Clock::time_point until) {
        while (!known_ && Clock::now() < until) {
            changed_.expires_at(until);
            asio::error_code woken;
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
    }

  private:
    bool known_ = false;
    asio::steady_timer changed_;
};

}  // namespace server::delivery
