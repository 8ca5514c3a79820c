// The threads that hash passwords, and the bounded queue before them. Network threads await it.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>

#include "protocols/net/worker_pool.h"

namespace server::auth {

class HashPool {
  public:
    // Threads start with the first job. `waiting`: jobs that may wait; more are turned away.
    HashPool(unsigned threads, std::size_t waiting);

    // Runs the job on one of the threads and resumes the caller on its own executor; nothing when too many wait or the
    // pool has been stopped. What the job throws comes out here.
    asio::awaitable<std::optional<bool>> run(std::function<bool()> job);

    // Joins the threads; jobs that wait are answered with nothing.
    void stop();

  private:
    net::WorkerPool pool_;
};

}  // namespace server::auth
