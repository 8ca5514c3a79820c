// Attempts under way: as many as an address has failures left; the others wait, in order, until there is room or a ban.
#include "server/auth/reservations.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <vector>

using namespace server::auth;
using namespace std::chrono_literals;

namespace {

struct Counter {
    Throttle throttle{{.failures = 3}};
    Reservations reservations{throttle, 2};
    asio::io_context context;
    std::vector<std::optional<Reservations::Reservation>> given;

    // Asks for one, and does what can be done without waiting.
    void ask(const std::string& address = "192.0.2.1") {
        asio::co_spawn(
            context,
            [](Counter& self, std::string whose) -> asio::awaitable<void> {
                std::optional<Reservations::Reservation> one = co_await self.reservations.reserve(whose, 1h);
                self.given.push_back(std::move(one));
            }(*this, address),
            asio::detached);
        go_on();
    }
    void go_on() {
        context.restart();
        context.poll();
    }
};

}  // namespace

TEST_CASE("a hundred attempts at once are a hundred: only as many are judged as there are failures left") {
    Counter counter;
    for (int i = 0; i < 3; ++i) counter.ask();
    CHECK(counter.given.size() == 3);
    counter.ask();
    counter.ask();
    CHECK(counter.given.size() == 3);  // they wait
    counter.ask();                     // there is no place for a third
    REQUIRE(counter.given.size() == 4);
    CHECK_FALSE(counter.given[3]);
    counter.ask("192.0.2.2");
    CHECK(counter.given.back());

    SUBCASE("right ones make room, one by one") {
        counter.given[0].reset();
        counter.go_on();
        CHECK(counter.given.size() == 6);
        counter.given[1].reset();
        counter.given[2].reset();
        counter.go_on();
        REQUIRE(counter.given.size() == 7);
        CHECK(counter.given[5]);
        CHECK(counter.given[6]);
    }
    SUBCASE("a failure gives no room, a ban ends the waits") {
        for (int i = 0; i < 2; ++i) {
            counter.throttle.failed("192.0.2.1", std::nullopt);
            counter.given[static_cast<std::size_t>(i)].reset();
            counter.go_on();
            CHECK(counter.given.size() == 5);
        }
        CHECK(counter.throttle.failed("192.0.2.1", std::nullopt).shut_out);
        counter.given[2].reset();
        counter.go_on();
        REQUIRE(counter.given.size() == 7);
        CHECK_FALSE(counter.given[5]);
        CHECK_FALSE(counter.given[6]);
    }
    SUBCASE("the end") {
        counter.reservations.end_waits();
        counter.go_on();
        REQUIRE(counter.given.size() == 7);
        CHECK_FALSE(counter.given[5]);
        CHECK_FALSE(counter.given[6]);
        counter.ask();
        CHECK_FALSE(counter.given.back());
    }
    counter.given.clear();
}

TEST_CASE("one attempt at a time is always possible, unless the address is banned") {
    Counter counter;
    counter.throttle.failed("192.0.2.1", 1);
    counter.throttle.failed("192.0.2.1", 2);
    counter.ask();
    counter.ask();
    CHECK(counter.given.size() == 1);
    counter.given[0].reset();
    counter.go_on();
    CHECK(counter.given.size() == 2);
    counter.given[1].reset();
    CHECK(counter.throttle.failed("192.0.2.1", 3).shut_out);
    counter.ask();
    CHECK_FALSE(counter.given.back());
}
