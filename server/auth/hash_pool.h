// Threads for hashing passwords: the network threads await them. What waits is in turn among the clients' networks
// (fair_queue.h).
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "server/auth/fair_queue.h"
#include "server/auth/networks.h"

namespace server::auth {

class HashPool {
  public:
    // Threads start with the first job.
    HashPool(unsigned threads, QueueBounds waiting);
    ~HashPool();
    HashPool(const HashPool&) = delete;
    HashPool& operator=(const HashPool&) = delete;

    // Runs the job on one of the threads, in turn with those of other networks, and resumes the caller on its own
    // executor; nullopt if too many wait or the pool is stopped. An exception of the job is thrown here.
    asio::awaitable<std::optional<bool>> run(AddressOctets network, std::function<bool()> job);

    // Finishes what is being hashed and joins the threads; waiting jobs get nullopt. Call it before the executors of
    // the waiting callers are destroyed.
    void stop();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace server::auth
