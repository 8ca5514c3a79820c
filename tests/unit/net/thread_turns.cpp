// Turns on a network thread: among parties, a slice at a time, with all else of the thread in between.
#include "protocols/net/thread_turns.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/post.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/net/support.h"

using net::ThreadTurns;
using namespace std::chrono_literals;

namespace {

ThreadTurns::Party network(const std::string& client) {
    return ThreadTurns::Party::network(asio::ip::make_address(client));
}

// What was done, in its order.
struct Steps {
    explicit Steps(asio::io_context& io) : turns(ThreadTurns::of(io.get_executor())) {}
    void wait(ThreadTurns::Party party, const std::string& name) {
        turns.wait(party, [this, name] { done.push_back(name); });
    }
    std::ptrdiff_t place_of(const std::string& name) const { return std::ranges::find(done, name) - done.begin(); }

    ThreadTurns& turns;
    std::vector<std::string> done;
};

void busy(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) continue;
}

}  // namespace

TEST_CASE("networks take turns, however many clients each of them has") {
    asio::io_context io;
    Steps steps(io);
    for (int i = 0; i < 100; ++i) steps.wait(network("192.0.2." + std::to_string(i)), "many");
    for (int i = 0; i < 90; ++i) steps.wait(network("2001:db8:0:1" + std::to_string(10 + i) + "::1"), "many of IPv6");
    for (const char* client : {"198.51.100.1", "::ffff:198.51.100.2", "2001:db8:1::1"}) {
        steps.wait(network(client), client);
    }
    io.run();
    CHECK(steps.done.size() == 193);
    CHECK(steps.place_of("198.51.100.1") < 4);
    CHECK(steps.place_of("2001:db8:1::1") < 4);
    CHECK(steps.place_of("::ffff:198.51.100.2") < 8);  // of the same network as the first
}

TEST_CASE("accounts take turns, and are no network") {
    asio::io_context io;
    Steps steps(io);
    for (int i = 0; i < 100; ++i) steps.wait(ThreadTurns::Party::account(7), "seven");
    steps.wait(ThreadTurns::Party::account(8), "eight");
    steps.wait(network("0.0.0.7"), "a network");
    CHECK(steps.turns.awaited_by(ThreadTurns::Party::account(8)));
    CHECK_FALSE(steps.turns.awaited_by(ThreadTurns::Party::account(9)));
    io.run();
    CHECK(steps.place_of("eight") < 3);
    CHECK(steps.place_of("a network") < 3);
    CHECK_FALSE(steps.turns.awaited_by(ThreadTurns::Party::account(7)));
}

TEST_CASE("between two slices others on the thread go on") {
    asio::io_context io;
    ThreadTurns& turns = ThreadTurns::of(io.get_executor());
    int slices = 0;
    int others = 0;
    for (int i = 0; i < 20; ++i) {
        turns.wait(ThreadTurns::Party::account(7), [&] {
            busy(3ms);
            ++slices;
        });
    }
    std::function<void()> other = [&] {
        CHECK(slices <= others + 1);
        if (++others < 20) asio::post(io, other);
    };
    asio::post(io, other);
    io.run();
    CHECK(slices == 20);
    CHECK(others == 20);
}

TEST_CASE("who waits when the thread ends is dropped") {
    const auto witness = std::make_shared<int>();
    {
        asio::io_context io;
        ThreadTurns::of(io.get_executor()).wait(ThreadTurns::Party::account(7), [witness] { *witness = 1; });
        CHECK(witness.use_count() == 2);
    }
    CHECK(witness.use_count() == 1);
    CHECK(*witness == 0);
}

namespace {

// Answers commands, each of which costs more than a slice.
asio::awaitable<void> serve(net::Stream& stream, int& served, const bool& ended) {
    while (!ended) {
        static_cast<void>(co_await stream.read_line(100));
        busy(3ms);
        ++served;
        co_await stream.drain();
        stream.write("\n");
        co_await stream.flush();
    }
}

// Sends them one by one, or all at once.
asio::awaitable<void> command(net::Stream& client, bool pipelined, const bool& ended) {
    co_await test::send(client, pipelined ? std::string(1000, '\n') : "\n");
    while (!pipelined && !ended) {
        static_cast<void>(co_await client.read_line(100));
        co_await test::send(client, "\n");
    }
}

struct OfAccount : net::Allowance {
    explicit OfAccount(std::int64_t id) : id(id) {}
    bool take(net::Resource, std::uint64_t) override { return true; }
    void give_back(net::Resource, std::uint64_t) override {}
    void belong_to(std::int64_t account) override { id = account; }
    std::int64_t account() const override { return id; }
    std::int64_t id;
};

}  // namespace

TEST_CASE("an account's many busy sessions are one party for another account's") {
    bool pipelined = false;
    SUBCASE("one command at a time") {}
    SUBCASE("pipelined") { pipelined = true; }
    asio::io_context io;
    std::vector<test::Pair> pairs;
    bool ended = false;
    int theirs = 0;
    int mine = 0;
    test::Together together(io);
    for (int i = 0; i < 21; ++i) pairs.push_back(test::connected(io));
    for (int i = 0; i < 21; ++i) {
        test::Pair& pair = pairs[static_cast<std::size_t>(i)];
        pair.server.set_allowance(std::make_shared<OfAccount>(i < 20 ? 7 : 8));
        together.add(command(pair.client, pipelined, ended));
        together.add(serve(pair.server, i < 20 ? theirs : mine, ended));
    }
    together.add([](const int& mine_done, bool& end) -> asio::awaitable<void> {
        while (mine_done < 30) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        end = true;
    }(mine, ended));
    together.run();
    CHECK(mine >= 30);
    CHECK(theirs < 4 * mine);  // each of the twenty had one command done before any had to wait
}
