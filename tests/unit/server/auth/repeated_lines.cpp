// Lines that repeat within a minute: the first ones are written, the others counted.
#include "server/auth/repeated_lines.h"

#include <doctest/doctest.h>

using server::auth::RepeatedLines;
using namespace std::chrono_literals;

TEST_CASE("ten lines a minute are written, the next one after it says how many were left out") {
    std::chrono::steady_clock::time_point now{1000h};
    RepeatedLines lines([&] { return now; });
    for (int i = 0; i < 10; ++i) CHECK(lines.tell("login-failed", "192.0.2.1") == 0);
    for (int i = 0; i < 57; ++i) CHECK(lines.tell("login-failed", "192.0.2.1") == std::nullopt);
    CHECK(lines.tell("login-failed", "192.0.2.2") == 0);
    CHECK(lines.tell("login-shut-out", "192.0.2.1") == 0);
    CHECK(lines.take_ended().empty());
    now += 1min;
    CHECK(lines.tell("login-failed", "192.0.2.1") == 57);
    CHECK(lines.tell("login-failed", "192.0.2.1") == 0);
}

TEST_CASE("if no line follows, the number is told when the minute is over, once") {
    std::chrono::steady_clock::time_point now{1000h};
    RepeatedLines lines([&] { return now; });
    for (int i = 0; i < 12; ++i) lines.tell("login-failed", "192.0.2.1");
    lines.tell("login-failed", "192.0.2.2");
    now += 1min;
    const auto ended = lines.take_ended();
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].event == "login-failed");
    CHECK(ended[0].address == "192.0.2.1");
    CHECK(ended[0].lines == 2);
    CHECK(lines.take_ended().empty());
    CHECK(lines.tell("login-failed", "192.0.2.1") == 0);
}
