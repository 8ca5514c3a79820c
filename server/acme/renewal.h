// When a certificate is renewed, and when an attempt that failed is made again. Pure: clock and chance are passed in.
// RFC 9773 §4.2: the server's window; else two thirds of the lifetime, with jitter, so that not all come at once.
#pragma once

#include <cstdint>
#include <optional>

#include "server/acme/wire/messages.h"

namespace server::acme {

// Times are Unix seconds.
struct Lifetime {
    std::int64_t not_before = 0;
    std::int64_t not_after = 0;
};

// `chance`: a number from 0 to 1 (excluded), the same for one certificate at each call. A server whose windows lie in
// the past always is not asked for a new certificate all the time: a day passes, or a tenth of the lifetime.
std::int64_t renewal_time(const Lifetime& lifetime, const std::optional<RenewalWindow>& window, double chance);

// How long an answer about the window counts (RFC 9773 §4.3.2): from a minute to a day; 0, none given: six hours.
std::int64_t window_counts_for(std::int64_t retry_after);

struct FailedAttempt {
    std::uint32_t failures = 1;    // one after another, with this one
    std::int64_t retry_after = 0;  // the server's wish, in seconds; 0: none
    bool rate_limited = false;
};
// How many seconds to wait: five minutes, twice as long each time, a day at most. The least limit that public servers
// have is five failures an hour for one name.
std::int64_t back_off(const FailedAttempt& attempt, double chance);
constexpr std::int64_t longest_back_off = 86'400;

}  // namespace server::acme
