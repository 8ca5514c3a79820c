// Growing, shrinking and pausing, with a fake clock.
#include "server/queue/concurrency.h"

#include <doctest/doctest.h>

#include <initializer_list>

using server::queue::Concurrency;
using Verdict = Concurrency::Verdict;

TEST_CASE("one connection at first, one more for each answer, up to the most") {
    Concurrency concurrency(3, 300);
    CHECK(concurrency.window(0) == 1);
    CHECK_FALSE(concurrency.is_proven());
    for (const std::uint32_t expected : {2u, 3u, 3u}) {
        concurrency.succeeded(10);
        CHECK(concurrency.window(10) == expected);
    }
    CHECK(concurrency.is_proven());
    concurrency.configure(2, 300);
    CHECK(concurrency.window(10) == 2);
}

TEST_CASE("a further connection that is refused means fewer, and slow growth afterwards") {
    Concurrency concurrency(10, 300);
    for (int i = 0; i < 4; ++i) concurrency.succeeded(10);
    CHECK(concurrency.window(10) == 5);
    CHECK(concurrency.refused(11, 2) == Verdict::fewer);
    CHECK(concurrency.window(11) == 2);
    CHECK_FALSE(concurrency.is_dead(11));
    for (int i = 0; i < 15; ++i) concurrency.succeeded(12);
    CHECK(concurrency.window(12) == 2);
    concurrency.succeeded(12);
    CHECK(concurrency.window(12) == 3);
    CHECK(concurrency.refused(13, 1) == Verdict::fewer);
    for (int i = 0; i < 31; ++i) concurrency.succeeded(14);
    CHECK(concurrency.window(14) == 1);
    concurrency.succeeded(14);
    CHECK(concurrency.window(14) == 2);
}

TEST_CASE("who could never be reached is dead for the back-off, and then tried by one") {
    Concurrency concurrency(10, 300);
    CHECK(concurrency.refused(100, 0) == Verdict::dead);
    CHECK(concurrency.is_dead(399));
    CHECK(concurrency.window(399) == 0);
    CHECK(concurrency.resumes_at() == 400);
    CHECK_FALSE(concurrency.is_dead(400));
    CHECK(concurrency.window(400) == 1);
    CHECK(concurrency.refused(400, 0) == Verdict::dead);
    CHECK(concurrency.is_dead(699));
    concurrency.revive();
    CHECK(concurrency.window(500) == 1);
    concurrency.succeeded(501);
    CHECK(concurrency.window(501) == 2);
}

TEST_CASE("who has taken mail a moment ago is given some seconds before it is dead") {
    Concurrency concurrency(10, 300);
    concurrency.succeeded(100);
    std::int64_t now = 100;
    for (const std::int64_t pause : {1, 2, 4, 8, 16}) {
        CHECK(concurrency.refused(now, 0) == Verdict::later);
        CHECK(concurrency.window(now + pause - 1) == 0);
        CHECK_FALSE(concurrency.is_dead(now));
        now += pause;
        CHECK(concurrency.window(now) == 1);
    }
    CHECK(concurrency.refused(now, 0) == Verdict::dead);
    // A success long ago no longer counts.
    concurrency.succeeded(1000);
    CHECK(concurrency.refused(1000 + Concurrency::lately, 0) == Verdict::dead);
}

TEST_CASE("connections that break under their first message, one after the other, make it dead") {
    Concurrency concurrency(10, 300);
    CHECK(concurrency.broke(1, 0) == Verdict::fewer);
    CHECK(concurrency.broke(2, 0) == Verdict::fewer);
    concurrency.succeeded(3);
    CHECK(concurrency.broke(4, 0) == Verdict::fewer);
    CHECK(concurrency.broke(5, 1) == Verdict::fewer);
    CHECK(concurrency.broke(6, 0) == Verdict::dead);
    CHECK(concurrency.is_dead(305));
}

TEST_CASE("a message that breaks its connections says nothing of a next hop that others are connected to") {
    Concurrency concurrency(10, 300);
    for (std::int64_t now = 1; now < 10; ++now) CHECK(concurrency.broke(now, 1) == Verdict::fewer);
    CHECK_FALSE(concurrency.is_dead(10));
}
