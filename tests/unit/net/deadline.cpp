// The deadline of net::Stream in every state: a peer that sends or takes an octet now and then never exceeds it; and a
// peer that sends without pause lets the thread's other connections run in between (stream.h).
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/post.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/net/tls.h"
#include "tests/unit/net/support.h"

using namespace std::chrono_literals;

namespace {

constexpr std::string_view empty_block("\0\0\0\xff\xff", 5);  // RFC 1951 §3.2.4: stored, and empty

// How the server reads while the peer sends slowly; `server` already has its short deadline.
using Reads = std::function<asio::awaitable<void>(net::Stream& server)>;

asio::awaitable<void> reads_line(net::Stream& server) {
    const net::ReadLine line = co_await server.read_line(1000);
    FAIL_CHECK("a line: " << test::shown(line));
}

asio::awaitable<void> reads_literal(net::Stream& server) {
    const net::ReadLine line = co_await server.read_line(1000);
    CHECK(test::shown(line) == "APPEND {100000}");
    for (std::size_t left = 100'000; left > 0;) {
        const std::string_view chunk = co_await server.read_chunk(left);
        left -= chunk.size();
    }
    FAIL_CHECK("the literal ended");
}

asio::awaitable<void> waits(net::Stream& server) {
    const net::WaitOutcome wake = co_await server.wait();
    if (wake == net::WaitOutcome::deadline) throw net::DeadlinePassed();
    FAIL_CHECK("there is nothing to read");
}

asio::awaitable<void> waits_for_signal(net::Stream& server) {
    net::Signal signal(server.executor());
    const net::WaitOutcome wake = co_await server.wait(signal);
    if (wake == net::WaitOutcome::deadline) throw net::DeadlinePassed();
    FAIL_CHECK("there is nothing to read");
}

asio::awaitable<void> fills(net::Stream& server) {
    co_await server.fill();
    FAIL_CHECK("there is nothing to read");
}

Reads deflated(Reads reads) {
    return [reads](net::Stream& server) -> asio::awaitable<void> {
        server.start_deflate();
        co_await reads(server);
    };
}

net::TlsContext server_context() {
    return net::TlsContext(net::ServerTlsOptions{.certificates = {net::make_self_signed({"mail.example.org"})}});
}

struct Trickle {
    std::string name;
    std::string first;  // sent at once
    std::string piece;  // then sent again and again
    Reads reads{};
};

asio::awaitable<void> trickle(net::Stream& client, std::string first, std::string piece, const bool& over) {
    try {
        co_await test::send(client, first);
        // A bounded loop, not a clock, notices a deadline that does not work.
        for (int i = 0; i < 2000 && !over; ++i) {
            co_await test::pause(client.executor(), 1ms);
            co_await test::send(client, piece);
        }
    } catch (const net::PeerGone&) {
        CHECK(over);
    }
    CHECK(over);
}

asio::awaitable<void> until_deadline(net::Stream& server, Reads reads, bool& over) {
    server.set_deadline(40ms);
    bool passed = false;
    try {
        co_await reads(server);
    } catch (const net::DeadlinePassed&) {
        passed = true;
    } catch (const net::PeerGone&) {
        passed = false;
    }
    CHECK(passed);
    over = true;
}

// An end after the handshake, and its socket: writing to that bypasses TLS.
struct Secured {
    explicit Secured(asio::io_context& io)
        : sockets(test::connected_sockets(io)), raw(dup(sockets.second.native_handle())) {
        pair.emplace(net::Stream(std::move(sockets.first)), net::Stream(std::move(sockets.second)));
    }
    ~Secured() { ::close(raw); }
    Secured(const Secured&) = delete;
    Secured& operator=(const Secured&) = delete;

    std::pair<asio::ip::tcp::socket, asio::ip::tcp::socket> sockets;
    int raw;
    std::optional<test::Pair> pair;
};

asio::awaitable<void> trickle_raw(asio::any_io_executor executor, int socket, std::string first, const bool& over) {
    CHECK(::send(socket, first.data(), first.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(first.size()));
    for (int i = 0; i < 2000 && !over; ++i) {
        co_await test::pause(executor, 1ms);
        if (::send(socket, "x", 1, MSG_NOSIGNAL) != 1) break;
    }
    CHECK(over);
}

}  // namespace

TEST_CASE("no trickle outlives the deadline, whatever the stream is at") {
    const std::vector<Trickle> table = {
        {.name = "a line", .first = "N", .piece = "x", .reads = reads_line},
        {.name = "a line that is dropped", .first = std::string(5000, 'A'), .piece = "x", .reads = reads_line},
        {.name = "a line that is dropped, with CRs",
         .first = std::string(5000, 'A'),
         .piece = "x\r",
         .reads = reads_line},
        {.name = "a literal", .first = "APPEND {100000}\r\n", .piece = "x", .reads = reads_literal},
        {.name = "deflate: a line of nothing",
         .first = "",
         .piece = std::string(empty_block),
         .reads = deflated(reads_line)},
        {.name = "deflate: waiting", .first = "", .piece = std::string(empty_block), .reads = deflated(waits)},
        {.name = "deflate: waiting for a signal",
         .first = "",
         .piece = std::string(empty_block),
         .reads = deflated(waits_for_signal)},
        {.name = "deflate: filling", .first = "", .piece = std::string(empty_block), .reads = deflated(fills)},
        {.name = "a TLS handshake",
         .first = std::string("\x16\x03\x01\x3f\xff\x01\x00\x3f\xfb\x03\x03", 11),
         .piece = "x",
         .reads = [](net::Stream& server) -> asio::awaitable<void> {
             net::TlsContext context = server_context();
             co_await server.start_tls_server(context);
             FAIL_CHECK("no client has said enough");
         }},
        {.name = "a PROXY header",
         .first = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x02\x00", 16),
         .piece = "x",
         .reads = [](net::Stream& server) -> asio::awaitable<void> {
             co_await server.read_proxy_header();
             FAIL_CHECK("the header ended");
         }},
    };
    for (const Trickle& row : table) {
        CAPTURE(row.name);
        asio::io_context io;
        test::Pair pair = test::connected(io);
        bool over = false;
        test::Together together(io);
        together.add(until_deadline(pair.server, row.reads, over));
        together.add(trickle(pair.client, row.first, row.piece, over));
        together.run();
    }
}

TEST_CASE("a TLS record that trickles in does not outlive the deadline") {
    for (const Reads& reads : {Reads(reads_line), Reads(waits), Reads(fills)}) {
        asio::io_context io;
        Secured ends(io);
        net::TlsContext server = server_context();
        net::TlsContext client(net::ClientTlsOptions{});
        {
            test::Together together(io);
            together.add(ends.pair->server.start_tls_server(server));
            together.add(ends.pair->client.start_tls_client(client, "mail.example.org"));
            together.run();
        }
        bool over = false;
        test::Together together(io);
        together.add(until_deadline(ends.pair->server, reads, over));
        // The head of a record of 16 KiB of application data (RFC 8446 §5.1).
        together.add(trickle_raw(io.get_executor(), ends.raw, std::string("\x17\x03\x03\x40\x00", 5), over));
        together.run();
    }
}

TEST_CASE("a reader that takes a little now and then does not outlive the deadline") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    bool over = false;
    test::Together together(io);
    together.add(until_deadline(
        pair.server,
        [](net::Stream& server) -> asio::awaitable<void> {
            co_await test::send(server, std::string(64'000'000, 'y'));
            FAIL_CHECK("all was taken");
        },
        over));
    together.add([](net::Stream& client, const bool& done) -> asio::awaitable<void> {
        for (int i = 0; i < 2000 && !done; ++i) {
            co_await test::pause(client.executor(), 5ms);
            const std::string_view chunk = co_await client.read_chunk(1000);
            CHECK(!chunk.empty());
        }
        CHECK(done);
    }(pair.client, over));
    together.run();
}

TEST_CASE("a literal and an answer that go on at a good pace may take longer than the deadline") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    constexpr std::size_t pieces = 12;
    constexpr std::size_t piece = 80'000;
    test::Together together(io);
    const auto began = std::chrono::steady_clock::now();
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        server.set_deadline(1s);
        const std::string all = co_await test::receive(server, pieces * piece);
        CHECK(all.size() == pieces * piece);
    }(pair.server));
    together.add([](net::Stream& client) -> asio::awaitable<void> {
        for (std::size_t i = 0; i < pieces; ++i) {
            co_await test::send(client, std::string(piece, 'z'));
            co_await test::pause(client.executor(), 100ms);
        }
    }(pair.client));
    together.run();
    CHECK(std::chrono::steady_clock::now() - began >= 1s);
}

TEST_CASE("a peer that sends without a break leaves the thread to others in between") {
    struct Flood {
        std::string name;
        std::string unit;
        Reads reads;
    };
    const Reads lines = [](net::Stream& server) -> asio::awaitable<void> {
        for (;;) co_await server.read_line(1000);
    };
    const Reads chunks = [](net::Stream& server) -> asio::awaitable<void> {
        for (;;) co_await server.read_chunk(1000);
    };
    const Reads waiting = [](net::Stream& server) -> asio::awaitable<void> {
        for (;;) {
            co_await server.wait();
            server.consume(server.buffered().size());
        }
    };
    const Reads filling = [](net::Stream& server) -> asio::awaitable<void> {
        for (;;) {
            co_await server.fill();
            server.consume(server.buffered().size());
        }
    };
    const std::vector<Flood> table = {
        {"commands", "a NOOP\r\n", lines},
        {"one line without an end", "xxxxxxxx", lines},
        {"chunks", "xxxxxxxx", chunks},
        {"waiting", "xxxxxxxx", waiting},
        {"filling", "xxxxxxxx", filling},
        {"deflate to nothing: lines", std::string(empty_block), deflated(lines)},
        {"deflate to nothing: waiting", std::string(empty_block), deflated(waiting)},
    };
    for (const Flood& flood : table) {
        CAPTURE(flood.name);
        asio::io_context io;
        auto [socket, client] = test::connected_sockets(io);
        net::Stream server(std::move(socket));
        std::string octets;
        while (octets.size() < 400'000) octets += flood.unit;
        client.set_option(asio::socket_base::send_buffer_size(1 << 20));
        client.non_blocking(true);
        // As much as the kernel takes at once is sent before the server reads.
        const ssize_t sent = ::send(client.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL);
        REQUIRE(sent > 150'000);
        client.close();

        bool over = false;
        std::size_t turns = 0;  // of another coroutine on this thread
        test::Together together(io);
        together.add([](net::Stream& stream, Reads reads, bool& done) -> asio::awaitable<void> {
            try {
                co_await reads(stream);
            } catch (const net::PeerGone&) {
                done = true;
            }
            CHECK(done);
        }(server, flood.reads, over));
        together.add([](asio::any_io_executor executor, std::size_t& count, const bool& done) -> asio::awaitable<void> {
            while (!done) {
                ++count;
                co_await asio::post(executor, asio::use_awaitable);
            }
        }(io.get_executor(), turns, over));
        together.run();
        CHECK(over);
        CHECK(turns >= static_cast<std::size_t>(sent) / (64U << 10));
    }
}

TEST_CASE("commands that come one after the other do not outlive the last moment") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    bool over = false;
    test::Together together(io);
    together.add([](net::Stream& server, bool& done) -> asio::awaitable<void> {
        server.set_deadline(10s, std::chrono::steady_clock::now() + 50ms);
        bool passed = false;
        try {
            for (;;) co_await server.read_line(100);
        } catch (const net::DeadlinePassed&) {
            passed = true;
        }
        CHECK(passed);
        done = true;
        server.set_deadline(10s);
        const net::ReadLine line = co_await server.read_line(100);
        CHECK(test::shown(line) == "a NOOP");
    }(pair.server, over));
    together.add(trickle(pair.client, "", "a NOOP\r\n", over));
    together.run();
}
