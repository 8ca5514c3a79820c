// Looks after the DKIM keys of our domains while the server runs: each domain has one.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "protocols/net/worker_pool.h"
#include "protocols/services/event_log.h"
#include "storage/store.h"

namespace server::zone {

class KeyKeeper {
  public:
    using Clock = std::function<std::int64_t()>;  // Unix seconds
    // `holder`: this server's name, for its lease. What is given must outlive this object.
    KeyKeeper(storage::Store& store, services::EventLog& log, net::WorkerPool& compute, std::string holder, Clock now);

    // Makes keys for domains that have none (a store of an older Mailstead): they sign from the start. Returns how long
    // to wait before the next call.
    asio::awaitable<std::chrono::seconds> look_after();

  private:
    asio::awaitable<void> make_first_key(std::string domain);

    storage::Store& store_;
    services::EventLog& log_;
    net::WorkerPool& compute_;
    const std::string holder_;
    const Clock now_;
};

}  // namespace server::zone
