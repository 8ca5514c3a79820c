// Steps of TLS handshakes: a few at a time, in turn among networks, with all else of the thread in between.
#include "protocols/net/handshake_turns.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/post.hpp>
#include <string>
#include <vector>

#include "tests/unit/net/support.h"

namespace {

asio::awaitable<void> one_step(std::string client, std::vector<std::string>& steps) {
    co_await net::HandshakeTurns::wait(co_await asio::this_coro::executor, asio::ip::make_address(client));
    steps.push_back(client);
}

}  // namespace

TEST_CASE("networks take turns for handshakes, however many clients each of them has") {
    asio::io_context io;
    test::Together together(io);
    std::vector<std::string> steps;
    for (int i = 0; i < 100; ++i) together.add(one_step("192.0.2." + std::to_string(i), steps));
    for (int i = 0; i < 100; ++i) together.add(one_step("2001:db8:0:1" + std::to_string(10 + i % 90) + "::1", steps));
    together.add(one_step("198.51.100.1", steps));
    together.add(one_step("::ffff:198.51.100.2", steps));
    together.add(one_step("2001:db8:1::1", steps));
    together.run();
    REQUIRE(steps.size() == 203);
    const auto turn_of = [&](std::string_view client) { return std::ranges::find(steps, client) - steps.begin(); };
    CHECK(turn_of("198.51.100.1") < 5);
    CHECK(turn_of("::ffff:198.51.100.2") < 8);  // of the same network as the one before
    CHECK(turn_of("2001:db8:1::1") < 5);
}

TEST_CASE("between two steps of handshakes others on the thread go on") {
    asio::io_context io;
    test::Together together(io);
    std::vector<std::string> steps;
    for (int i = 0; i < 50; ++i) together.add(one_step("192.0.2.1", steps));
    int others = 0;
    std::size_t most_at_once = 0;
    together.add([](std::vector<std::string>& done, int& ran, std::size_t& most) -> asio::awaitable<void> {
        std::size_t before = 0;
        while (done.size() < 50) {
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            ++ran;
            most = std::max(most, done.size() - before);
            before = done.size();
        }
    }(steps, others, most_at_once));
    together.run();
    CHECK(steps.size() == 50);
    CHECK(most_at_once <= 8);
    CHECK(others >= 50 / 8);
}

TEST_CASE("who goes away while it waits for its turn leaves no gap") {
    std::vector<std::string> steps;
    {
        asio::io_context io;
        asio::co_spawn(io, one_step("192.0.2.1", steps), asio::detached);
        asio::co_spawn(io, one_step("192.0.2.2", steps), asio::detached);
        io.poll_one();
        io.poll_one();
    }  // both were waiting
    CHECK(steps.empty());
    asio::io_context io;
    test::Together together(io);
    together.add(one_step("192.0.2.3", steps));
    together.run();
    CHECK(steps.size() == 1);
}
