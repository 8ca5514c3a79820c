// Starts coroutines. Exceptions that escape one go to a function that the server installs, so that none is lost.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <string>

namespace net {

// Installs the function that receives escaped exceptions: (name, what). Once, at start.
void on_escaped_exception(std::function<void(const std::string&, const std::string&)> sink);

// Runs the coroutine on the executor until it ends. It never starts before spawn() has returned, on any thread: the
// caller may go on changing data that both use. The coroutine must own all it uses.
void spawn(std::string name, const asio::any_io_executor& executor, asio::awaitable<void> coroutine);

}  // namespace net
