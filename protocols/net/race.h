// Decides which of a host's addresses to connect to next, and when, while earlier ones are still connecting:
// RFC 8305 §5. Pure: the caller reports what happened and when.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace net {

class Race {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // Addresses are tried in order; each starts `delay` after the one before, or as soon as one has failed.
    Race(std::size_t addresses, std::chrono::milliseconds delay) : addresses_(addresses), delay_(delay) {}

    // The address to start with now. Call it again until it returns nullopt.
    std::optional<std::size_t> begin(Time now);
    void failed();
    void connected() { is_won_ = true; }

    bool is_over() const { return is_won_ || failed_ == addresses_; }
    // When begin() will have the next one. nullopt: only the running attempts can change anything.
    std::optional<Time> next_at() const;

  private:
    std::size_t addresses_;
    std::chrono::milliseconds delay_;
    std::size_t begun_ = 0;
    std::size_t failed_ = 0;
    std::optional<Time> last_begun_at_;  // empty: the next one need not wait
    bool is_won_ = false;
};

}  // namespace net
