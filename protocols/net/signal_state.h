// The part of a Signal that its notifiers share, on any thread. For protocols/net's own .cpp files.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "protocols/locking/mutex.h"
#include "protocols/net/stream.h"
#include "protocols/net/waiter.h"

namespace net {

struct Signal::State {
    explicit State(asio::any_io_executor on) : executor(std::move(on)) {}

    asio::any_io_executor executor;
    std::atomic<bool> pending = false;
    locking::Mutex mutex;
    bool closed GUARDED_BY(mutex) = false;  // the Signal is gone, and its io_context may be
    std::weak_ptr<Waiter> waiter;           // on the executor's thread only
};

}  // namespace net
