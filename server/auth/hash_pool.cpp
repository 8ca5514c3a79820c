// A fair queue, a condition variable, a few threads. Results are posted to the caller's executor.
#include "server/auth/hash_pool.h"

#include <pthread.h>

#include <algorithm>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"

namespace server::auth {

namespace {

struct Check {
    std::function<bool()> job;
    std::move_only_function<void(std::exception_ptr, std::optional<bool>)> answer;
};

void carry_out(Check check) {
    std::exception_ptr fault;
    std::optional<bool> outcome;
    try {
        outcome = check.job();
    } catch (...) {
        fault = std::current_exception();
    }
    check.answer(fault, outcome);
}

}  // namespace

struct HashPool::Implementation {
    const std::size_t threads_most;
    locking::Mutex mutex;
    locking::Condition changed;
    FairQueue<AddressOctets, Check, AddressHash> queue GUARDED_BY(mutex);
    std::vector<std::thread> threads GUARDED_BY(mutex);
    std::size_t idle GUARDED_BY(mutex) = 0;
    bool stopped GUARDED_BY(mutex) = false;

    Implementation(unsigned threads_allowed, QueueBounds waiting)
        : threads_most(std::max(threads_allowed, 1U)), queue(waiting) {}

    void submit(const AddressOctets& network, Check check) {
        std::optional<Check> refused;
        {
            const locking::Lock lock(mutex);
            if (stopped || !has_thread()) {
                refused = std::move(check);
            } else {
                refused = queue.push(network, std::move(check));
                changed.notify_one();
            }
        }
        if (refused) refused->answer(nullptr, std::nullopt);
    }

    // For one check more: starts one if none is idle. Those that run do it where the machine allows no more.
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
        pthread_setname_np(pthread_self(), "passwords");
        locking::Lock lock(mutex);
        while (true) {
            ++idle;
            while (!stopped && queue.size() == 0) changed.wait(mutex);
            --idle;
            if (stopped) return;
            std::optional<Check> check = queue.pop();
            lock.unlock();
            carry_out(std::move(*check));
            check.reset();
            lock.lock();
        }
    }
};

HashPool::HashPool(unsigned threads, QueueBounds waiting)
    : implementation_(std::make_unique<Implementation>(threads, waiting)) {}

HashPool::~HashPool() { stop(); }

void HashPool::stop() {
    std::vector<std::thread> threads;
    {
        const locking::Lock lock(implementation_->mutex);
        implementation_->stopped = true;
        threads.swap(implementation_->threads);
        implementation_->changed.notify_all();
    }
    for (std::thread& thread : threads) thread.join();
    const auto next = [this] {
        const locking::Lock lock(implementation_->mutex);
        return implementation_->queue.pop();
    };
    for (std::optional<Check> dropped = next(); dropped; dropped = next()) dropped->answer(nullptr, std::nullopt);
}

asio::awaitable<std::optional<bool>> HashPool::run(AddressOctets network, std::function<bool()> job) {
    const auto initiate = [pool = implementation_.get(), network](auto handler, std::function<bool()> work) {
        const auto executor = asio::get_associated_executor(handler);
        auto answer = [handler = std::move(handler), guard = asio::make_work_guard(executor)](
                          std::exception_ptr fault, std::optional<bool> outcome) mutable {
            // The guard moves with the handler: it must not outlive the context, which may end right after the handler.
            const asio::any_io_executor waiter = guard.get_executor();
            asio::post(waiter, [handler = std::move(handler), guard = std::move(guard), fault, outcome]() mutable {
                std::move(handler)(fault, outcome);
            });
        };
        pool->submit(network, {std::move(work), std::move(answer)});
    };
    const std::optional<bool> outcome =
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, std::optional<bool>)>(
            initiate, asio::use_awaitable, std::move(job));
    co_return outcome;
}

}  // namespace server::auth
