// Long work that stays on a network thread, since what it works on is that thread's alone.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "protocols/base/slices.h"

namespace net {

// Lets others on the caller's thread have their turn.
inline asio::awaitable<void> give_way() {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
}

// Does the work on the caller's own executor, and lets others there have their turn between its slices. What it throws
// comes out here.
inline asio::awaitable<void> take_turns(base::Slices work) {
    while (work.go_on()) co_await give_way();
}

}  // namespace net
