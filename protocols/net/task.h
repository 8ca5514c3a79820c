// A coroutine beside the one that starts it, on the same thread, which can be told to end.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <exception>
#include <functional>
#include <memory>

namespace net {

// Used on its executor's thread only.
class Task {
  public:
    Task() = default;
    ~Task() = default;  // the coroutine goes on by itself, if it has not ended
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    // Runs the coroutine, at first until it waits. It must own all that it uses. `ended` is called at its end, with the
    // exception that it has thrown, if it has. Once.
    void start(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
               std::function<void(std::exception_ptr)> ended);
    // A wait for a timer, a socket or a Wakeup ends at once, with an exception; any other, for the store say, when its
    // time has come, and then whatever is awaited next throws. Does nothing once it has ended.
    void cancel();

  private:
    std::shared_ptr<asio::cancellation_signal> signal_;
};

}  // namespace net
