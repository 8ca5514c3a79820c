// Password hashes on a pool of threads.
#include "server/auth/hash_pool.h"

#include <utility>

namespace server::auth {

HashPool::HashPool(unsigned threads, std::size_t waiting) : pool_("passwords", threads, waiting) {}

void HashPool::stop() { pool_.stop(); }

asio::awaitable<std::optional<bool>> HashPool::run(std::function<bool()> job) {
    const auto outcome = std::make_shared<bool>(false);
    net::WorkerPool::Slice slice = [outcome, job = std::move(job)] {
        *outcome = job();
        return false;
    };
    const bool done = co_await pool_.run(net::WorkerPool::Party(), std::move(slice));
    if (!done) co_return std::nullopt;
    co_return *outcome;
}

}  // namespace server::auth
