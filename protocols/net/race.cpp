#include "protocols/net/race.h"

namespace net {

std::optional<std::size_t> Race::begin(Time now) {
    const std::optional<Time> at = next_at();
    const bool must_wait = at && now < *at;
    if (is_over() || begun_ == addresses_ || must_wait) return std::nullopt;
    last_begun_at_ = now;
    return begun_++;
}

void Race::failed() {
    ++failed_;
    last_begun_at_.reset();
}

std::optional<Race::Time> Race::next_at() const {
    if (is_over() || begun_ == addresses_ || !last_begun_at_) return std::nullopt;
    return *last_begun_at_ + delay_;
}

}  // namespace net
