// Wakes a coroutine that waits for something other than a socket: for another coroutine, for the store's news. For
// those that use a stream: Signal, in stream.h.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>

namespace net {

// Used on its executor's thread, except for notifiers. A coroutine that is cancelled (task.h) while it waits goes on at
// once, with an exception.
class Wakeup {
  public:
    explicit Wakeup(const asio::any_io_executor& executor);
    ~Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    // Waits until notify() is called, or was since the last wait: true. False: so much time has passed.
    asio::awaitable<bool> wait(std::chrono::milliseconds at_most);
    asio::awaitable<void> wait();
    void notify();
    bool take();  // whether it was called since the last wait; as if that had been waited for
    // A function that any thread may call, even after the Wakeup is gone.
    struct Notifier {
        std::shared_ptr<void> state;
        void operator()() const;
    };
    Notifier notifier() const;

  private:
    struct State;
    asio::awaitable<void> wait_for_timer();

    asio::steady_timer timer_;
    std::shared_ptr<State> state_;
};

}  // namespace net
