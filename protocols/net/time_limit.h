// The time limit of something awaited that may come in many small steps: single octets, or octets that give nothing yet
// (half a TLS record, an empty deflate block). For stream.cpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace net {

class TimeLimit {
  public:
    using Clock = std::chrono::steady_clock;

    // `last`: a moment that no restart moves, beyond which there is no time at all.
    explicit TimeLimit(std::chrono::milliseconds limit, std::optional<Clock::time_point> last = {})
        : limit_(limit), last_(last) {}

    // How long the next wait may last; 0: too late. The time runs from the first call after a restart. Rounded up to a
    // sixteenth of the limit, to have few lists (deadlines.h).
    std::chrono::milliseconds left() { return left(Clock::now()); }
    std::chrono::milliseconds left(Clock::time_point now) {
        using std::chrono::milliseconds;
        if (!at_) at_ = last_ ? std::min(now + limit_, *last_) : now + limit_;
        if (now >= *at_) return milliseconds(0);
        const milliseconds step = std::max<milliseconds>(limit_ / 16, milliseconds(1));
        const auto steps = (std::chrono::ceil<milliseconds>(*at_ - now) + step - milliseconds(1)) / step;
        return std::min<milliseconds>(limit_, steps * step);
    }
    void restart() { at_.reset(); }

  private:
    std::chrono::milliseconds limit_;
    std::optional<Clock::time_point> last_;
    std::optional<Clock::time_point> at_;
};

}  // namespace net
