// Work repeated now and then while the server runs. Stops between two runs, or after the current one.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "protocols/services/event_log.h"

namespace server {

class Background {
  public:
    // Returns how long to wait before the next run. An exception is logged, and the work is tried again.
    using Work = std::function<asio::awaitable<std::chrono::seconds>()>;
    Background(std::string name, services::EventLog& log, Work work);
    ~Background();  // stop() must have been called, if start() was, while the executor's loop ran
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    void start(const asio::any_io_executor& executor, std::chrono::seconds first_after);
    // Waits for the current run, at most this long; false if it has not ended. Blocks; not on the executor.
    bool stop(std::chrono::milliseconds patience);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace server
