// Starting coroutines. What escapes one is logged by the sink that the server installs; nothing vanishes.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <string>

namespace net {

// Installs the function that hears of exceptions that escaped a spawned coroutine: (name, what). Once, at start.
void on_escaped_exception(std::function<void(const std::string&, const std::string&)> sink);

// Runs the coroutine on the executor until it ends. It never begins before spawn() has returned, wherever that is
// called from: the caller may go on changing what both of them touch. The coroutine must own all it uses.
void spawn(std::string name, const asio::any_io_executor& executor, asio::awaitable<void> coroutine);

}  // namespace net
