// RFC 9773 §4.2, §4.3; the rest is ours.
#include "server/acme/renewal.h"

#include <algorithm>

namespace server::acme {

namespace {

constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 3'600;
constexpr std::int64_t day = 24 * hour;

std::int64_t part_of(std::int64_t seconds, double chance) {
    return static_cast<std::int64_t>(static_cast<double>(seconds) * chance);
}

}  // namespace

std::int64_t renewal_time(const Lifetime& lifetime, const std::optional<RenewalWindow>& window, double chance) {
    const std::int64_t length = std::max<std::int64_t>(lifetime.not_after - lifetime.not_before, 0);
    if (window) {
        const std::int64_t time = window->start + part_of(window->end - window->start, chance);
        return std::max(time, lifetime.not_before + std::min(length / 10, day));
    }
    return lifetime.not_before + length / 3 * 2 + part_of(length / 30, chance);
}

std::int64_t window_counts_for(std::int64_t retry_after) {
    return retry_after <= 0 ? 6 * hour : std::clamp(retry_after, minute, day);
}

std::int64_t back_off(const FailedAttempt& attempt, double chance) {
    const std::uint32_t doublings = std::min(attempt.failures == 0 ? 0U : attempt.failures - 1, 10U);
    std::int64_t wait = std::min(5 * minute << doublings, longest_back_off);
    if (attempt.rate_limited) wait = std::max(wait, hour);
    wait = std::max(wait, attempt.retry_after);
    return std::min(wait + part_of(wait / 10, chance), longest_back_off);
}

}  // namespace server::acme
