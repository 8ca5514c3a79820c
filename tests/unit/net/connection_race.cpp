// Several addresses of one host (RFC 8305 §5): the rule by a clock of the test's own, then sockets on loopback.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <asio/io_context.hpp>
#include <asio/read.hpp>
#include <optional>
#include <string>
#include <vector>

#include "protocols/net/connect.h"
#include "protocols/net/listener.h"
#include "protocols/net/race.h"
#include "support.h"

using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

struct Happening {
    int at_ms;
    bool connects;  // or fails
};

// Which began when, "0@0 1@250", and how it ended.
std::string race_of(std::size_t addresses, std::vector<Happening> happenings) {
    const net::Race::Time start{};
    net::Race race(addresses, 250ms);
    std::string told;
    int now = 0;
    for (std::size_t next = 0;;) {
        while (const auto which = race.begin(start + std::chrono::milliseconds(now)))
            told += std::to_string(*which) + "@" + std::to_string(now) + " ";
        if (race.is_over()) return told + "over@" + std::to_string(now);
        std::optional<int> at;
        if (const auto begins = race.next_at()) at = static_cast<int>((*begins - start) / 1ms);
        const bool happens = next < happenings.size() && (!at || happenings[next].at_ms < *at);
        if (!happens && !at) return told + "waits";
        now = happens ? happenings[next].at_ms : *at;
        if (!happens) continue;
        happenings[next++].connects ? race.connected() : race.failed();
    }
}

tcp::endpoint local(int host, std::uint16_t port = 0) {
    return {asio::ip::make_address("127.0.0." + std::to_string(host)), port};
}

// Takes no connection and refuses none: its queue of one is full.
struct Hole {
    explicit Hole(asio::io_context& io) : socket(local(2), {.backlog = 0}) {
        for (int i = 0; i < 10; ++i) {
            waiting.emplace_back(io);
            waiting.back().open(tcp::v4());
            waiting.back().native_non_blocking(true);
            const tcp::endpoint to = socket.local();
            static_cast<void>(::connect(waiting.back().native_handle(), to.data(), static_cast<socklen_t>(to.size())));
        }
    }
    net::ListeningSocket socket;
    std::vector<tcp::socket> waiting;
};

tcp::endpoint closed_port() { return net::ListeningSocket(local(3)).local(); }

net::Connection connected(asio::io_context& io, std::vector<tcp::endpoint> to, net::ConnectOptions options) {
    net::Connection connection;
    net::ConnectionRace race(io.get_executor(), std::move(to), options);
    test::run(io, [](net::ConnectionRace& running, net::Connection& into) -> asio::awaitable<void> {
        net::Connection made = co_await running.run();
        into = std::move(made);
    }(race, connection));
    return connection;
}

}  // namespace

TEST_CASE("each address has a head start of 250 ms, which ends when one fails") {
    CHECK(race_of(2, {{30, true}}) == "0@0 over@30");
    CHECK(race_of(2, {{249, true}}) == "0@0 over@249");
    CHECK(race_of(2, {{300, true}}) == "0@0 1@250 over@300");
    CHECK(race_of(2, {{10, false}, {40, true}}) == "0@0 1@10 over@40");
    CHECK(race_of(3, {}) == "0@0 1@250 2@500 waits");
    CHECK(race_of(3, {{260, false}, {300, true}}) == "0@0 1@250 2@260 over@300");
    CHECK(race_of(4, {{10, false}, {300, true}}) == "0@0 1@10 2@260 over@300");
    CHECK(race_of(2, {{10, false}, {20, false}}) == "0@0 1@10 over@20");
    CHECK(race_of(2, {{300, false}, {400, false}}) == "0@0 1@250 over@400");
    CHECK(race_of(1, {}) == "0@0 waits");
    CHECK(race_of(1, {{5000, false}}) == "0@0 over@5000");
    CHECK(race_of(0, {}) == "over@0");
}

TEST_CASE("an address that does not answer is overtaken by the next, and closed") {
    asio::io_context io;
    const Hole hole(io);
    const net::ListeningSocket well(local(3));
    const net::Connection made =
        connected(io, {hole.socket.local(), well.local()}, {.timeout = 1h, .next_after = 20ms});
    REQUIRE(made.stream);
    CHECK(made.to == well.local());
    CHECK(made.stream->remote() == well.local());
    CHECK(made.overtaken == std::vector<tcp::endpoint>{hole.socket.local()});
    CHECK(made.failures.empty());
}

TEST_CASE("behind one that fails the next begins at once, and each failure is told") {
    asio::io_context io;
    const net::ListeningSocket well(local(3));
    const net::Connection made = connected(io, {closed_port(), well.local()}, {.next_after = 1h});
    REQUIRE(made.stream);
    CHECK(made.to == well.local());
    REQUIRE(made.failures.size() == 1);
    CHECK(made.failures[0].reason == std::errc::connection_refused);

    const Hole hole(io);
    const net::Connection none = connected(io, {closed_port(), hole.socket.local()}, {.timeout = 30ms});
    CHECK_FALSE(none.stream);
    REQUIRE(none.failures.size() == 2);
    CHECK(none.failures[0].reason == std::errc::connection_refused);
    CHECK(none.failures[1].to == hole.socket.local());
    CHECK(none.failures[1].reason == std::errc::timed_out);
}

TEST_CASE("of two that answer one is kept; the other sees its connection end with nothing said") {
    asio::io_context io;
    tcp::acceptor one(io, local(2));
    tcp::acceptor two(io, local(3));
    net::Connection made = connected(io, {one.local_endpoint(), two.local_endpoint()}, {.next_after = 0ms});
    REQUIRE(made.stream);
    const bool is_one = made.to == one.local_endpoint();
    tcp::socket lost = (is_one ? two : one).accept();
    char octet = 0;
    asio::error_code end;
    CHECK(asio::read(lost, asio::buffer(&octet, 1), end) == 0);
    CHECK((end == asio::error::eof || end == asio::error::connection_reset));
    tcp::socket kept = (is_one ? one : two).accept();
    kept.non_blocking(true);
    CHECK(asio::read(kept, asio::buffer(&octet, 1), end) == 0);
    CHECK(end == asio::error::would_block);
}

TEST_CASE("a race that is interrupted ends with nothing") {
    asio::io_context io;
    const Hole hole(io);
    net::ConnectionRace race(io.get_executor(), {hole.socket.local()}, {.timeout = 1h});
    test::Together together(io);
    together.add([](net::ConnectionRace& running) -> asio::awaitable<void> {
        const net::Connection made = co_await running.run();
        CHECK_FALSE(made.stream);
        CHECK(made.failures.empty());
    }(race));
    together.add([](asio::io_context& loop, net::ConnectionRace& running) -> asio::awaitable<void> {
        co_await test::pause(loop.get_executor(), 5ms);
        running.interrupt();
    }(io, race));
    together.run();
}
