// The time that waits have, with a clock that stands still.
#include "protocols/net/time_limit.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("a wait's time runs from its first question, and anew from behind a restart") {
    const net::TimeLimit::Clock::time_point start{};
    net::TimeLimit due(16s);
    CHECK(due.left(start + 5s) == 16s);
    CHECK(due.left(start + 10s) == 11s);
    CHECK(due.left(start + 10s + 1ms) == 11s);  // in sixteenths, rounded up
    CHECK(due.left(start + 21s - 1ms) == 1s);
    CHECK(due.left(start + 21s) == 0s);
    due.restart();
    CHECK(due.left(start + 30s) == 16s);
}

TEST_CASE("beyond the last moment there is no time, whatever is restarted") {
    const net::TimeLimit::Clock::time_point start{};
    net::TimeLimit due(16s, start + 20s);
    CHECK(due.left(start) == 16s);
    due.restart();
    CHECK(due.left(start + 12s) == 8s);
    due.restart();
    CHECK(due.left(start + 20s) == 0s);
    due.restart();
    CHECK(due.left(start + 21s) == 0s);
    net::TimeLimit late(16s, start);
    CHECK(late.left(start + 1s) == 0s);
}
