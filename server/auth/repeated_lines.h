// Log lines that repeat: the first ones of a minute are written, the others are counted, and their number is written
// with the next one, or when their minute is over. Pure, except for a lock: the clock is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/locking/mutex.h"

namespace server::auth {

// Thread-safe.
class RepeatedLines {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    explicit RepeatedLines(Clock clock = std::chrono::steady_clock::now) : clock_(std::move(clock)) {}

    // Whether to write a line about this, such as an event and an address: how many were left out since the last one
    // that was written; nullopt: it is left out, and counted.
    std::optional<std::uint64_t> tell(std::string_view event, std::string_view address);

    // Lines left out in minutes that are over, and about which no line has come since.
    struct LeftOut {
        std::string event;
        std::string address;
        std::uint64_t lines = 0;
    };
    std::vector<LeftOut> take_ended();

  private:
    static constexpr std::chrono::minutes window{1};
    static constexpr std::uint64_t written_most = 10;  // in a window
    static constexpr std::size_t kinds_most = 10'000;  // more are written as they come
    struct Kind {
        LeftOut left_out;
        std::uint64_t written = 0;
        std::chrono::steady_clock::time_point began{};
    };

    const Clock clock_;
    locking::Mutex mutex_;
    std::unordered_map<std::string, Kind> kinds_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
