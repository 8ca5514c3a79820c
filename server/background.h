// Something to be done now and then while the server runs. Ends between two runs, or when the run at hand is through.
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
    // The work says how long to wait before it is done again. What it throws is logged, and it is tried again.
    using Work = std::function<asio::awaitable<std::chrono::seconds>()>;
    Background(std::string name, services::EventLog& log, Work work);
    ~Background();  // stop() must have been called, if start() was, while the executor's loop ran
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    void start(const asio::any_io_executor& executor, std::chrono::seconds first_after);
    // Waits for the run at hand, but not longer than that; false if it had not ended. Blocks; not on the executor.
    bool stop(std::chrono::milliseconds patience);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace server
