// What a stream asks its allowance for, and how it ends if that is refused (allowance.h).
#include "protocols/net/allowance.h"

#include <doctest/doctest.h>

#include <asio/post.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "tests/unit/net/support.h"

using namespace std::chrono_literals;

namespace {

struct Counted : net::Allowance {
    bool take(net::Resource, std::uint64_t octets) override {
        if (held + octets > most) return false;
        held += octets;
        return true;
    }
    void give_back(net::Resource, std::uint64_t octets) override { held -= octets; }
    void belong_to(std::int64_t) override {}
    std::int64_t account() const override { return 0; }

    std::uint64_t held = 0;
    std::uint64_t most = UINT64_MAX;
};

}  // namespace

TEST_CASE("a line that stops halfway holds what it needs, and nothing once it is complete") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    const auto allowance = std::make_shared<Counted>();
    pair.server.set_allowance(allowance);
    test::Together together(io);
    together.add([](net::Stream& client, Counted& counted) -> asio::awaitable<void> {
        co_await test::send(client, "EHLO");
        while (counted.held == 0) co_await test::pause(client.executor(), 1ms);
        CHECK(counted.held == 4096);
        co_await test::send(client, std::string(20'000, 'x'));
        while (counted.held == 4096) co_await test::pause(client.executor(), 1ms);
        CHECK(counted.held <= 64 << 10);
        co_await test::send(client, "\r\n");
    }(pair.client, *allowance));
    together.add([](net::Stream& server, Counted& counted) -> asio::awaitable<void> {
        const net::ReadLine line = co_await server.read_line(50'000);
        CHECK(std::get<net::Line>(line).text.size() == 20'004);
        co_await test::send(server, "250 ok\r\n");
        const net::WaitOutcome outcome = co_await server.wait();
        CHECK(outcome == net::WaitOutcome::readable);
        CHECK(counted.held == 0);
    }(pair.server, *allowance));
    together.add([](net::Stream& client) -> asio::awaitable<void> {
        static_cast<void>(co_await client.read_line(100));
        co_await test::pause(client.executor(), 20ms);  // so that the server waits
        co_await test::send(client, "Q");
    }(pair.client));
    together.run();
}

TEST_CASE("who may hold no more is told, and goes without waiting for its peer") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    const auto allowance = std::make_shared<Counted>();
    allowance->most = 0;
    pair.server.set_allowance(allowance);
    test::Together together(io);
    bool closed = false;
    together.add([](net::Stream& server, bool& over) -> asio::awaitable<void> {
        std::optional<net::Interrupted::Cause> cause;
        try {
            static_cast<void>(co_await server.read_line(1000));
        } catch (const net::Interrupted& interrupted) {
            cause = interrupted.cause();
        }
        CHECK(cause == net::Interrupted::Cause::crowded_out);
        server.write("421 bye\r\n");
        bool others_ran = false;
        asio::post(server.executor(), [&others_ran] { others_ran = true; });
        co_await server.close();
        CHECK_FALSE(others_ran);  // it has waited for nothing
        co_await test::pause(server.executor(), 1ms);
        over = true;
    }(pair.server, closed));
    together.add([](net::Stream& client, bool& over) -> asio::awaitable<void> {
        co_await test::send(client, "EHLO");
        // The client neither reads nor closes until the server is through with it.
        while (!over) co_await test::pause(client.executor(), 1ms);
        const net::ReadLine line = co_await client.read_line(1000);
        CHECK(test::shown(line) == "421 bye");
    }(pair.client, closed));
    together.run();
}

TEST_CASE("what a peer does not take counts meanwhile, and one too much ends the session") {
    for (const bool fits : {true, false}) {
        asio::io_context io;
        test::Pair pair = test::connected(io);
        const auto allowance = std::make_shared<Counted>();
        const std::string much(std::size_t{32} << 20, 'x');  // more than the kernel holds for them
        allowance->most = fits ? much.size() + 4096 : much.size() - 1;
        pair.server.set_allowance(allowance);
        test::Together together(io);
        bool over = false;
        together.add([](net::Stream& server, const std::string& text, Counted& counted, bool expected,
                        bool& done) -> asio::awaitable<void> {
            server.write(text);
            std::optional<net::Interrupted::Cause> cause;
            try {
                co_await server.flush();
            } catch (const net::Interrupted& interrupted) {
                cause = interrupted.cause();
            }
            CHECK(cause.has_value() != expected);
            if (cause) CHECK(*cause == net::Interrupted::Cause::crowded_out);
            CHECK(counted.held == 0);
            done = true;
        }(pair.server, much, *allowance, fits, over));
        together.add([](net::Stream& client, Counted& counted, bool expected, bool& done) -> asio::awaitable<void> {
            while (!done && counted.held == 0) co_await test::pause(client.executor(), 1ms);
            CHECK((counted.held > 0) == expected);
            for (std::size_t taken = 0; expected && taken < std::size_t{32} << 20;) {
                const std::string_view chunk = co_await client.read_chunk(1 << 20);
                taken += chunk.size();
            }
        }(pair.client, *allowance, fits, over));
        together.run();
        CHECK(over);
    }
}
