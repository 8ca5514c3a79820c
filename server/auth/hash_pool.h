// Threads for hashing passwords, with a bounded queue. Network threads await it.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>

#include "protocols/net/worker_pool.h"

namespace server::auth {

class HashPool {
  public:
    // Threads start with the first job. `waiting`: how many jobs may wait; more are refused.
    HashPool(unsigned threads, std::size_t waiting);

    // Runs the job on one of the threads and resumes the caller on its own executor; nullopt if too many wait or the
    // pool is stopped. An exception of the job is thrown here.
    asio::awaitable<std::optional<bool>> run(std::function<bool()> job);

    // Joins the threads; waiting jobs get nullopt.
    void stop();

  private:
    net::WorkerPool pool_;
};

}  // namespace server::auth
