// A queue, a condition variable, a few threads. Completions are posted to the executor of whoever waits.
#include "server/auth/hash_pool.h"

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace server::auth {

namespace {

using Answer = std::move_only_function<void(std::exception_ptr, std::optional<bool>)>;

struct Job {
    std::function<bool()> run;
    Answer answer;
};

void perform(Job job) {
    std::exception_ptr fault;
    std::optional<bool> outcome;
    try {
        outcome = job.run();
    } catch (...) {
        fault = std::current_exception();
    }
    job.answer(fault, outcome);
}

}  // namespace

struct HashPool::Implementation {
    unsigned threads_most;
    std::size_t waiting_most;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Job> jobs;
    std::vector<std::thread> threads;
    unsigned idle = 0;
    bool stopped = false;

    Implementation(unsigned threads_allowed, std::size_t waiting)
        : threads_most(threads_allowed), waiting_most(waiting) {}

    // Takes the job, or answers it with nothing.
    void submit(Job job) {
        {
            const std::lock_guard lock(mutex);
            if (!stopped && jobs.size() < waiting_most + idle) {
                jobs.push_back(std::move(job));
                if (idle < jobs.size() && threads.size() < threads_most) threads.emplace_back([this] { work(); });
                changed.notify_one();
                return;
            }
        }
        job.answer(nullptr, std::nullopt);
    }

    void work() {
        std::unique_lock lock(mutex);
        while (true) {
            ++idle;
            changed.wait(lock, [this] { return stopped || !jobs.empty(); });
            --idle;
            if (stopped) return;
            Job job = std::move(jobs.front());
            jobs.pop_front();
            lock.unlock();
            perform(std::move(job));
            lock.lock();
        }
    }
};

HashPool::HashPool(unsigned threads, std::size_t waiting)
    : implementation_(std::make_unique<Implementation>(threads, waiting)) {}

HashPool::~HashPool() { stop(); }

void HashPool::stop() {
    std::deque<Job> dropped;
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(implementation_->mutex);
        implementation_->stopped = true;
        dropped.swap(implementation_->jobs);
        threads.swap(implementation_->threads);
        implementation_->changed.notify_all();
    }
    for (std::thread& thread : threads) thread.join();
    for (Job& job : dropped) job.answer(nullptr, std::nullopt);
}

asio::awaitable<std::optional<bool>> HashPool::run(std::function<bool()> job) {
    Implementation* pool = implementation_.get();
    const auto initiate = [pool](auto handler, std::function<bool()> work) {
        const auto executor = asio::get_associated_executor(handler);
        Answer answer = [handler = std::move(handler), guard = asio::make_work_guard(executor)](
                            std::exception_ptr fault, std::optional<bool> outcome) mutable {
            asio::post(guard.get_executor(), [handler = std::move(handler), fault, outcome]() mutable {
                std::move(handler)(fault, outcome);
            });
        };
        pool->submit({std::move(work), std::move(answer)});
    };
    const std::optional<bool> outcome =
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, std::optional<bool>)>(
            initiate, asio::use_awaitable, std::move(job));
    co_return outcome;
}

}  // namespace server::auth
