// The loops of threads.h.
#include "protocols/net/threads.h"

#include <pthread.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <atomic>
#include <string>
#include <thread>
#include <utility>

namespace net {

struct Threads::Worker {
    asio::io_context context{1};  // run by one thread: Asio then needs fewer wake-ups
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
};

struct Threads::Implementation {
    std::string name;
    std::vector<std::unique_ptr<Worker>> workers;
    std::atomic<std::size_t> turn = 0;
};

Threads::Threads(std::size_t count, std::string name) : implementation_(std::make_unique<Implementation>()) {
    implementation_->name = std::move(name);
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
        implementation_->workers.push_back(std::make_unique<Worker>());
    }
}

Threads::~Threads() {
    stop();
    join();
}

void Threads::start() {
    for (const std::unique_ptr<Worker>& worker : implementation_->workers) {
        worker->thread = std::thread([context = &worker->context, name = implementation_->name] {
            pthread_setname_np(pthread_self(), name.c_str());
            context->run();
        });
    }
}

asio::any_io_executor Threads::next() {
    const std::size_t turn = implementation_->turn.fetch_add(1, std::memory_order_relaxed);
    return implementation_->workers[turn % implementation_->workers.size()]->context.get_executor();
}

std::vector<asio::any_io_executor> Threads::all() {
    std::vector<asio::any_io_executor> executors;
    for (const std::unique_ptr<Worker>& worker : implementation_->workers) {
        executors.emplace_back(worker->context.get_executor());
    }
    return executors;
}

void Threads::stop() {
    for (const std::unique_ptr<Worker>& worker : implementation_->workers) worker->context.stop();
}

void Threads::join() {
    for (const std::unique_ptr<Worker>& worker : implementation_->workers) {
        if (worker->thread.joinable()) worker->thread.join();
    }
}

}  // namespace net
