// When a message is tried again, and when it is given up. RFC 5321 §4.5.4.1. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace server::queue {

struct Schedule {
    std::vector<std::chrono::seconds> waits;     // between attempts; the last one repeats
    std::chrono::seconds lifetime{0};            // an older message is returned to its sender
    std::chrono::seconds delay_notice_after{0};  // the sender is notified once of a delay; 0: never

    // The time after so many attempts (1 or more), but not beyond the end of the lifetime, when the last one is made.
    std::int64_t next_attempt_at(std::uint32_t attempts, std::int64_t queued_at, std::int64_t now) const;
    bool is_over(std::int64_t queued_at, std::int64_t now) const { return now - queued_at >= lifetime.count(); }
    bool is_delayed(std::int64_t queued_at, std::int64_t now) const {
        return delay_notice_after.count() > 0 && now - queued_at >= delay_notice_after.count();
    }
};

}  // namespace server::queue
