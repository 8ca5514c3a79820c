// The part of a Signal that its notifiers share, on any thread. For protocols/net's own .cpp files.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "protocols/net/stream.h"
#include "protocols/net/waiter.h"

namespace net {

struct Signal::State {
    explicit State(asio::any_io_executor on) : executor(std::move(on)) {}

    asio::any_io_executor executor;
    std::atomic<bool> pending = false;
    std::mutex mutex;
    bool closed = false;           // guarded by mutex: the Signal is gone, and its io_context may be
    std::weak_ptr<Waiter> waiter;  // on the executor's thread only
};

}  // namespace net
