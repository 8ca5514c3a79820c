// Lets a coroutine wait for a thread of the store and resume on its own executor. Safe if the executor's context is
// destroyed meanwhile: waiting coroutines die with their context, and a late wake-up does nothing.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>

#include "storage/function.h"

namespace storage::engine {

struct Inbox;   // the waiting coroutines of one execution context
struct Waiter;  // one suspended coroutine

// Resumes one suspended coroutine. Call once, from any thread; many calls cost the context one wake-up.
class Resumption {
  public:
    Resumption(std::shared_ptr<Inbox> inbox, Waiter* waiter) : inbox_(std::move(inbox)), waiter_(waiter) {}
    void operator()();

  private:
    std::shared_ptr<Inbox> inbox_;
    Waiter* waiter_;
};

// Suspends the caller, passes its Resumption to start(), and returns when that has been called.
asio::awaitable<void> suspend(Function<void(Resumption)> start);

}  // namespace storage::engine
