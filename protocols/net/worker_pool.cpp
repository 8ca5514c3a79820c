// A fair queue, a condition variable, a few threads. Results are posted to the caller's executor.
#include "protocols/net/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"

namespace net {

namespace {

struct Work {
    WorkerPool::Slice slice;
    std::move_only_function<void(std::exception_ptr, bool)> answer;
};

// False: it is finished, and its caller has been answered.
bool do_slice(Work& work) {
    std::exception_ptr fault;
    try {
        if (work.slice()) return true;
    } catch (...) {
        fault = std::current_exception();
    }
    work.answer(fault, true);
    return false;
}

}  // namespace

struct WorkerPool::Implementation {
    std::string name;
    std::size_t threads_most;
    locking::Mutex mutex;
    locking::Condition changed;
    locking::NestedQueue<std::string, Work> queue GUARDED_BY(mutex);
    std::vector<std::thread> threads GUARDED_BY(mutex);
    std::size_t idle GUARDED_BY(mutex) = 0;
    bool stopped GUARDED_BY(mutex) = false;

    Implementation(std::string thread_name, unsigned threads_allowed, const locking::QueueBounds& waiting)
        : name(std::move(thread_name)), threads_most(std::max(threads_allowed, 1U)), queue(waiting) {}

    void submit(const Party& party, Work work) {
        std::optional<Work> refused;
        {
            const locking::Lock lock(mutex);
            if (stopped || !has_thread()) {
                refused = std::move(work);
            } else {
                refused = queue.offer(party, std::move(work));
                changed.notify_one();
            }
        }
        if (refused) refused->answer(nullptr, false);
    }

    // For one piece of work more: starts one if none is idle. Those that run do it where the machine allows no more.
    bool has_thread() REQUIRES(mutex) {
        if (idle > queue.size() || threads.size() >= threads_most) return true;
        try {
            threads.emplace_back([this] { loop(); });
        } catch (const std::system_error&) {
            return !threads.empty();
        }
        return true;
    }

    void loop() {
        pthread_setname_np(pthread_self(), name.c_str());
        locking::Lock lock(mutex);
        while (true) {
            ++idle;
            while (!stopped && queue.empty()) changed.wait(mutex);
            --idle;
            if (stopped) return;
            auto [party, work] = queue.take();
            lock.unlock();
            const bool more = do_slice(work);
            if (!more) work = {};
            lock.lock();
            queue.done(party);
            if (more) queue.push(party, std::move(work));
        }
    }
};

WorkerPool::WorkerPool(std::string name, unsigned threads, const locking::QueueBounds& waiting)
    : implementation_(std::make_unique<Implementation>(std::move(name), threads, waiting)) {}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
    std::vector<std::thread> threads;
    {
        const locking::Lock lock(implementation_->mutex);
        implementation_->stopped = true;
        threads.swap(implementation_->threads);
        implementation_->changed.notify_all();
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<Work> dropped;
    {
        const locking::Lock lock(implementation_->mutex);
        while (!implementation_->queue.empty()) dropped.push_back(implementation_->queue.take().work);
    }
    for (Work& work : dropped) work.answer(nullptr, false);
}

asio::awaitable<bool> WorkerPool::run(Party party, Slice slice) {
    const auto initiate = [pool = implementation_.get()](auto handler, const Party& whose, Slice work) {
        const auto executor = asio::get_associated_executor(handler);
        auto answer = [handler = std::move(handler), guard = asio::make_work_guard(executor)](std::exception_ptr fault,
                                                                                              bool done) mutable {
            // The guard moves with the handler: it must not outlive the context, which may end right after the handler.
            const asio::any_io_executor waiter = guard.get_executor();
            asio::post(waiter, [handler = std::move(handler), guard = std::move(guard), fault, done]() mutable {
                std::move(handler)(fault, done);
            });
        };
        pool->submit(whose, {std::move(work), std::move(answer)});
    };
    const bool done = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, bool)>(
        initiate, asio::use_awaitable, std::move(party), std::move(slice));
    co_return done;
}

asio::awaitable<void> WorkerPool::complete(Party party, Slice slice) {
    const bool done = co_await run(std::move(party), std::move(slice));
    if (!done) throw std::runtime_error(implementation_->name + ": too much waits for a thread, or the server stops");
}

}  // namespace net
