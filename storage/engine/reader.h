// One reading thread's connection, opened when first needed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "storage/engine/connection.h"
#include "storage/store.h"

namespace storage::engine {

// Threads without work for this long let their readers rest.
inline constexpr auto idle_before_resting = std::chrono::seconds(30);

class Reader {
  public:
    // give_way: see Connection.
    explicit Reader(ConnectionOptions options, std::function<bool()> give_way = {})
        : options_(std::move(options)), give_way_(std::move(give_way)) {}

    // Runs the job on one snapshot, then calls its finish. If no connection can be opened, finish is called without
    // running the job.
    void run(Store::ReadJob& job);
    // Frees the connection's memory.
    void rest() { connection_.reset(); }

  private:
    ConnectionOptions options_;
    std::function<bool()> give_way_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace storage::engine
