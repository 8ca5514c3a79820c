// PROXY headers, listening and connecting.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <asio/post.hpp>
#include <atomic>
#include <cstring>
#include <functional>
#include <thread>

#include "protocols/net/connect.h"
#include "protocols/net/listener.h"
#include "protocols/net/proxy_protocol.h"
#include "protocols/net/spawn.h"
#include "protocols/net/threads.h"
#include "tests/unit/net/support.h"

using namespace std::chrono_literals;
using asio::ip::tcp;
using test::shown;

namespace {

const tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);

std::string described(const base::Parsed<net::ProxyHeader>& parsed) {
    if (std::holds_alternative<base::NeedMore>(parsed)) return "more";
    const auto* header = std::get_if<net::ProxyHeader>(&parsed);
    if (header == nullptr) return "error";
    std::string text = std::to_string(header->octets);
    if (!header->addresses) return text + " local";
    const auto& [source, destination] = *header->addresses;
    return text + " " + source.address().to_string() + " " + std::to_string(source.port()) + " " +
           destination.address().to_string() + " " + std::to_string(destination.port());
}

const std::string v2_start("\r\n\r\n\0\r\nQUIT\n", 12);

}  // namespace

TEST_CASE("PROXY headers, whole and cut at every octet") {
    struct Row {
        std::string octets;
        std::string expected;
    };
    const std::string v4("\xc0\x00\x02\x01\xc6\x33\x64\x02\x12\x34\x00\x19", 12);
    std::string v6(36, '\0');
    v6[15] = 1;
    v6[31] = 2;
    v6[33] = 7;
    v6[35] = 25;
    const Row rows[] = {
        {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n", "44 192.0.2.1 56324 198.51.100.2 25"},
        {"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "44 2001:db8::1 1 2001:db8::2 65535"},
        {"PROXY UNKNOWN\r\n", "15 local"},
        {"PROXY UNKNOWN ffff::1 whatever 1 2\r\n", "36 local"},
        {v2_start + std::string("\x21\x11\x00\x0c", 4) + v4, "28 192.0.2.1 4660 198.51.100.2 25"},
        {v2_start + std::string("\x21\x11\x00\x0f", 4) + v4 + "abc", "31 192.0.2.1 4660 198.51.100.2 25"},
        {v2_start + std::string("\x21\x21\x00\x24", 4) + v6, "52 ::1 7 ::2 25"},
        {v2_start + std::string("\x20\x00\x00\x00", 4), "16 local"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expected);
        CHECK(described(net::parse_proxy_header(row.octets + "EHLO")) == row.expected);
        for (std::size_t cut = 0; cut < row.octets.size(); ++cut) {
            CHECK(described(net::parse_proxy_header(row.octets.substr(0, cut))) == "more");
        }
    }
    const std::string bad[] = {"EHLO x\r\n",
                               "PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
                               "PROXY TCP4 ::1 ::2 1 2\r\n",
                               "PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
                               "PROXY TCP6 fe80::1%lo fe80::2 1 2\r\n",
                               "PROXY TCP6 fe80::1 fe80::2%lo 1 2\r\n",
                               "PROXY " + std::string(120, 'x'),
                               v2_start + std::string("\x11\x11\x00\x0c", 4) + v4,
                               v2_start + std::string("\x21\x11\x00\x04", 4) + v4,
                               v2_start + std::string("\x21\x11\xff\xff", 4) + v4};
    for (const std::string& octets : bad) CHECK(described(net::parse_proxy_header(octets)) == "error");
}

TEST_CASE("a stream takes its addresses from the header, octet by octet, and leaves what follows") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& client) -> asio::awaitable<void> {
        const std::string header = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\nEHLO x\r\n";
        for (const char octet : header) {
            co_await test::send(client, std::string(1, octet));
            if (octet == ' ') co_await test::pause(client.executor(), 1ms);
        }
    }(pair.client));
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        co_await server.read_proxy_header();
        CHECK(server.remote() == tcp::endpoint(asio::ip::make_address("192.0.2.1"), 56324));
        CHECK(server.local() == tcp::endpoint(asio::ip::make_address("198.51.100.2"), 25));
        const net::ReadLine line = co_await server.read_line(100);
        CHECK(shown(line) == "EHLO x");
    }(pair.server));
    together.run();
}

TEST_CASE("an IPv4 address that a header spells as IPv6 is the same address") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& client) -> asio::awaitable<void> {
        co_await test::send(client, "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 56324 25\r\n");
    }(pair.client));
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        co_await server.read_proxy_header();
        CHECK(server.remote() == tcp::endpoint(asio::ip::make_address("192.0.2.1"), 56324));
        CHECK(server.local() == tcp::endpoint(asio::ip::make_address("198.51.100.2"), 25));
    }(pair.server));
    together.run();
}

namespace {

asio::awaitable<void> echo(tcp::socket socket) {
    net::Stream stream(std::move(socket));
    const net::ReadLine line = co_await stream.read_line(100);
    stream.write("echo " + shown(line) + "\r\n");
    co_await stream.close();
}

asio::awaitable<void> ask(asio::any_io_executor executor, tcp::endpoint to, std::atomic<int>& answered) {
    net::Stream stream = co_await net::connect(executor, to, {.source = asio::ip::make_address("127.0.0.1")});
    stream.write("hi\r\n");
    co_await stream.flush();
    const net::ReadLine line = co_await stream.read_line(100);
    if (shown(line) == "echo hi") ++answered;
    co_await stream.close();
}

}  // namespace

TEST_CASE("listeners deal connections out to threads; escaped exceptions are heard") {
    std::atomic<int> answered = 0;
    std::atomic<int> escaped = 0;
    net::on_escaped_exception([&](const std::string& name, const std::string&) { escaped += name == "bad" ? 1 : 0; });
    net::Threads threads(3);
    threads.start();
    {
        net::Listener listener(threads.next(), net::ListeningSocket(loopback),
                               {.next = [&] { return threads.next(); },
                                .accepted =
                                    [](tcp::socket socket) {
                                        const asio::any_io_executor executor = socket.get_executor();
                                        net::spawn("echo", executor, echo(std::move(socket)));
                                    },
                                .trouble = {}});
        for (int i = 0; i < 50; ++i) {
            const asio::any_io_executor executor = threads.next();
            net::spawn("ask", executor, ask(executor, listener.local(), answered));
        }
        net::spawn("bad", threads.next(), []() -> asio::awaitable<void> {
            throw std::runtime_error("on purpose");
            co_return;
        }());
        for (int i = 0; i < 2000 && (answered < 50 || escaped < 1); ++i) std::this_thread::sleep_for(5ms);
        CHECK(answered == 50);
        CHECK(escaped == 1);
    }
    threads.stop();
    threads.join();
    net::on_escaped_exception({});
}

TEST_CASE("many that connect at once do not wait for as many turns of the thread") {
    asio::io_context io;
    std::vector<tcp::socket> accepted;
    net::Listener listener(io.get_executor(), net::ListeningSocket(loopback),
                           {.next = [&] { return io.get_executor(); },
                            .accepted = [&](tcp::socket socket) { accepted.push_back(std::move(socket)); },
                            .trouble = {}});
    std::vector<tcp::socket> clients;
    for (int i = 0; i < 50; ++i) clients.emplace_back(io).connect(listener.local());
    int turns = 0;
    std::function<void()> others = [&] {
        if (++turns < 1000 && accepted.size() < 50) asio::post(io, others);
    };
    asio::post(io, others);
    io.run_for(1s);
    CHECK(accepted.size() == 50);
    CHECK(turns < 25);
}

TEST_CASE("connect reports refusal and time-out; a bound port is reported by name") {
    asio::io_context io;
    const net::ListeningSocket socket(loopback);
    const tcp::endpoint taken = socket.local();
    CHECK_THROWS_WITH_AS(net::ListeningSocket{taken},
                         ("listen on 127.0.0.1:" + std::to_string(taken.port()) + ": Address already in use").c_str(),
                         std::system_error);
    tcp::endpoint closed;
    {
        const net::ListeningSocket gone(loopback);
        closed = gone.local();
    }
    test::run(io, [](asio::io_context& loop, tcp::endpoint to) -> asio::awaitable<void> {
        std::error_code error;
        try {
            const net::Stream stream = co_await net::connect(loop.get_executor(), to, {});
        } catch (const std::system_error& failure) {
            error = failure.code();
        }
        CHECK(error == std::errc::connection_refused);
    }(io, closed));
    // Its queue of one is full: further connections get no answer.
    const net::ListeningSocket full(loopback, {.backlog = 0});
    test::run(io, [](asio::io_context& loop, tcp::endpoint to) -> asio::awaitable<void> {
        std::vector<net::Stream> waiting;
        std::error_code error;
        try {
            for (int i = 0; i < 10; ++i) {
                net::Stream stream = co_await net::connect(loop.get_executor(), to, {.timeout = 30ms});
                waiting.push_back(std::move(stream));
            }
        } catch (const std::system_error& failure) {
            error = failure.code();
        }
        CHECK(error == std::errc::timed_out);
    }(io, full.local()));
}

TEST_CASE("out of descriptors, a listener says so, waits, and goes on") {
    asio::io_context io;
    std::vector<tcp::socket> accepted;
    int troubles = 0;
    net::Listener listener(io.get_executor(), net::ListeningSocket(loopback),
                           {.next = [&] { return io.get_executor(); },
                            .accepted = [&](tcp::socket socket) { accepted.push_back(std::move(socket)); },
                            .trouble = [&](const std::string&) { ++troubles; }});
    io.run_for(5ms);
    tcp::socket client(io);
    client.connect(listener.local());
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    io.run_for(50ms);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(troubles == 1);
    CHECK(accepted.empty());
    io.run_for(300ms);
    CHECK(accepted.size() == 1);
    listener.stop();
    io.run_for(5ms);
    std::error_code refused;
    tcp::socket late(io);
    late.connect(listener.local(), refused);
    CHECK(refused == asio::error::connection_refused);
}
