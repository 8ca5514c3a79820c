// How a coroutine waits for a thread of the store and comes back on its own executor. Safe when the executor's context
// is torn down meanwhile: what waits dies with its context, and a late wake-up finds nobody. Leaves the work to others.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>

#include "storage/function.h"

namespace storage::engine {

struct Inbox;   // of one execution context: who waits there
struct Waiter;  // one suspended coroutine

// Resumes one suspended coroutine. Called once, from any thread; many calls cost the context one wake-up.
class Resumption {
  public:
    Resumption(std::shared_ptr<Inbox> inbox, Waiter* waiter) : inbox_(std::move(inbox)), waiter_(waiter) {}
    void operator()();

  private:
    std::shared_ptr<Inbox> inbox_;
    Waiter* waiter_;
};

// Suspends the caller, hands its Resumption to start(), and returns when that has been called.
asio::awaitable<void> suspend(Function<void(Resumption)> start);

}  // namespace storage::engine
