// The network threads, with one io_context each: a connection stays on one of them from beginning to end
// (protocols/README.md "Network").
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace net {

class Threads {
  public:
    // At least one; usually as many as there are cores. `name`: of the threads, at most 15 letters.
    explicit Threads(std::size_t count, std::string name = "network");
    ~Threads();  // stops and joins; unfinished coroutines are destroyed
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    void start();
    // Executors in turn (round robin). Thread-safe.
    asio::any_io_executor next();
    std::vector<asio::any_io_executor> all();
    // Thread-safe. The loops end after the current handlers; join() waits for that.
    void stop();
    void join();

  private:
    struct Worker;
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace net
