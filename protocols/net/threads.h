// The network's threads: one io_context each, one thread each, so that a connection lives and dies on one of them
// (protocols/README.md "Network"). What runs there is the doors' business.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <vector>

namespace net {

class Threads {
  public:
    explicit Threads(std::size_t count);  // at least one; their number is usually that of the cores
    ~Threads();                           // stops and joins; what has not ended is destroyed
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    void start();
    // Executors in turn, from any thread.
    asio::any_io_executor next();
    std::vector<asio::any_io_executor> all();
    // Thread-safe. The loops end after the handlers at hand; join() waits for that.
    void stop();
    void join();

  private:
    struct Worker;
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace net
