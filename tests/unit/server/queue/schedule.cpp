// The queue's schedule. RFC 5321 §4.5.4.1.
#include <doctest/doctest.h>

#include "server/queue/schedule.h"

using namespace std::chrono_literals;

TEST_CASE("waits follow the schedule, the last one repeats, and the last attempt falls on the end of the lifetime") {
    const server::queue::Schedule schedule{.waits = {5min, 15min}, .lifetime = 1h, .delay_notice_after = 30min};
    CHECK(schedule.next_attempt_at(1, 1000, 1000) == 1000 + 300);
    CHECK(schedule.next_attempt_at(2, 1000, 1300) == 1300 + 900);
    CHECK(schedule.next_attempt_at(9, 1000, 2000) == 2000 + 900);
    CHECK(schedule.next_attempt_at(3, 1000, 4000) == 1000 + 3600);
    CHECK_FALSE(schedule.is_over(1000, 4599));
    CHECK(schedule.is_over(1000, 4600));
    CHECK_FALSE(schedule.is_delayed(1000, 2799));
    CHECK(schedule.is_delayed(1000, 2800));
    CHECK_FALSE(server::queue::Schedule{.waits = {5min}, .lifetime = 1h}.is_delayed(0, 1'000'000));
}
