// Lines, chunks, deadlines, signals and endings of net::Stream over loopback TCP.
#include "protocols/net/stream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "protocols/net/deflate.h"
#include "tests/unit/net/support.h"

using namespace std::chrono_literals;
using test::shown;

namespace {

asio::awaitable<void> send_in_two(net::Stream& client, std::string octets, std::size_t cut) {
    co_await test::send(client, octets.substr(0, cut));
    co_await test::pause(client.executor(), 1ms);
    co_await test::send(client, octets.substr(cut));
}

asio::awaitable<void> expect_lines(net::Stream& server, std::size_t max, std::vector<std::string> expected) {
    for (const std::string& wanted : expected) {
        const net::ReadLine line = co_await server.read_line(max);
        CHECK(shown(line) == wanted);
    }
}

}  // namespace

TEST_CASE("lines are the same wherever the octets are cut") {
    const std::string octets = "EHLO x\r\n\r\nbare\nab\rcd\r\n0123456789\r\n01234567890\r\n0123456789\r\r\nlast\r\n";
    const std::vector<std::string> expected = {"EHLO x",     "",           "bare<LF>",   "ab\rcd",
                                               "0123456789", "<too long>", "<too long>", "last"};
    for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
        CAPTURE(cut);
        asio::io_context io;
        test::Pair pair = test::connected(io);
        test::Together together(io);
        together.add(send_in_two(pair.client, octets, cut));
        together.add(expect_lines(pair.server, 10, expected));
        together.run();
        CHECK(pair.server.octets_in() == octets.size());
        CHECK(pair.client.octets_out() == octets.size());
    }
}

TEST_CASE("of a line that is too long its begin and its end are known, wherever it is cut") {
    std::string line;
    for (int i = 0; line.size() < 500; ++i) line += std::to_string(i);
    for (const std::string& text : {line, line.substr(0, 20)}) {
        for (std::size_t cut = 0; cut <= text.size() + 2; cut += 3) {
            CAPTURE(cut);
            asio::io_context io;
            test::Pair pair = test::connected(io);
            test::Together together(io);
            together.add(send_in_two(pair.client, text + "\r\n", cut));
            together.add([](net::Stream& server, const std::string& whole) -> asio::awaitable<void> {
                const net::ReadLine read = co_await server.read_line(10);
                const auto& dropped = std::get<net::LineTooLong>(read);
                CHECK(dropped.begin == whole.substr(0, net::LineTooLong::kept_octets));
                CHECK(dropped.end == whole.substr(whole.size() - std::min(whole.size(), dropped.kept_octets)));
            }(pair.server, text));
            together.run();
        }
    }
}

TEST_CASE("a line longer than any buffer is dropped to its end, and a long one that is allowed is read") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    const std::string long_line(300'000, 'x');
    test::Together together(io);
    together.add(test::send(pair.client, long_line + "\r\nnext\r\n" + long_line + "\r\nend\r\n"));
    together.add([](net::Stream& server, std::size_t size) -> asio::awaitable<void> {
        const net::ReadLine dropped = co_await server.read_line(100);
        CHECK(shown(dropped) == "<too long>");
        const net::ReadLine next = co_await server.read_line(100);
        CHECK(shown(next) == "next");
        const net::ReadLine allowed = co_await server.read_line(size);
        CHECK(shown(allowed).size() == size);
        const net::ReadLine end = co_await server.read_line(100);
        CHECK(shown(end) == "end");
    }(pair.server, long_line.size()));
    together.run();
}

TEST_CASE("chunks, scanning with fill and consume, pipelined lines without waiting") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add(test::send(pair.client, "A {5}\r\nhelloB\r\nC\r\nscan.rest"));
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        const net::ReadLine a = co_await server.read_line(100);
        CHECK(shown(a) == "A {5}");
        const std::string literal = co_await test::receive(server, 5);
        CHECK(literal == "hello");
        const auto b = server.try_read_line(100);
        REQUIRE(b.has_value());
        CHECK(shown(*b) == "B");
        const auto c = server.try_read_line(100);
        REQUIRE(c.has_value());
        CHECK(shown(*c) == "C");
        CHECK_FALSE(server.try_read_line(100).has_value());
        while (server.buffered().size() < 9) co_await server.fill();
        CHECK(server.buffered() == "scan.rest");
        server.consume(5);
        CHECK(server.buffered() == "rest");
    }(pair.server));
    together.run();
}

TEST_CASE("a passed deadline is an exception for reads and a value for wait") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::run(io, [](net::Stream& server) -> asio::awaitable<void> {
        server.set_deadline(5ms);
        const auto start = std::chrono::steady_clock::now();
        const net::WaitOutcome wake = co_await server.wait();
        CHECK(wake == net::WaitOutcome::deadline);
        bool passed = false;
        try {
            const net::ReadLine line = co_await server.read_line(10);
            CHECK(shown(line) == "");
        } catch (const net::DeadlinePassed&) {
            passed = true;
        }
        CHECK(passed);
        CHECK(std::chrono::steady_clock::now() - start >= 10ms);
    }(pair.server));
}

TEST_CASE("a line that trickles in does not outlive the deadline") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& client) -> asio::awaitable<void> {
        for (int i = 0; i < 30; ++i) {
            co_await test::send(client, "x");
            co_await test::pause(client.executor(), 10ms);
        }
    }(pair.client));
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        server.set_deadline(60ms);
        bool passed = false;
        try {
            const net::ReadLine line = co_await server.read_line(1000);
            CHECK(shown(line) == "");
        } catch (const net::DeadlinePassed&) {
            passed = true;
        }
        CHECK(passed);
        CHECK(server.octets_in() < 15);
    }(pair.server));
    together.run();
}

TEST_CASE("a writer waits for a slow reader, and its deadline ends it") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    const std::size_t size = 8'000'000;
    test::Together together(io);
    together.add(test::send(pair.server, std::string(size, 'y')));
    together.add([](net::Stream& client, std::size_t octets) -> asio::awaitable<void> {
        co_await test::pause(client.executor(), 20ms);
        const std::string all = co_await test::receive(client, octets);
        CHECK(all == std::string(octets, 'y'));
    }(pair.client, size));
    together.run();

    test::run(io, [](net::Stream& server, std::size_t octets) -> asio::awaitable<void> {
        server.set_deadline(20ms);
        bool passed = false;
        try {
            co_await test::send(server, std::string(octets, 'y'));
        } catch (const net::DeadlinePassed&) {
            passed = true;
        }
        CHECK(passed);
    }(pair.server, size));
}

TEST_CASE("who does much without waiting lets the thread's others run in between") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    int steps = 0;
    int witnessed = 0;  // after how many steps the other one ran
    together.add([](net::Stream& busy, int& count) -> asio::awaitable<void> {
        while (count < 100) {
            ++count;
            busy.write("OK\r\n");
            co_await busy.drain();
        }
    }(pair.server, steps));
    together.add([](int& count, int& seen) -> asio::awaitable<void> {
        seen = count;
        co_return;
    }(steps, witnessed));
    together.run();
    CHECK(steps == 100);
    CHECK(witnessed > 0);
    CHECK(witnessed <= 16);
}

TEST_CASE("who does much ends soon after the peer has gone, although input is left") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::run(io, [](test::Pair& both) -> asio::awaitable<void> {
        both.client.write("much that is never read");
        co_await both.client.flush();
        {
            const net::Stream closes = std::move(both.client);
        }
        both.server.write("anybody?");
        co_await both.server.flush();
        while (both.server.peer_state() != net::PeerState::gone) co_await test::pause(both.server.executor(), 1ms);
        int steps = 0;
        bool told = false;
        try {
            for (; steps < 100; ++steps) co_await both.server.drain();
        } catch (const net::PeerGone&) {
            told = true;
        }
        CHECK(told);
        CHECK(steps <= 16);
    }(pair));
}

TEST_CASE("the peer's end is PeerGone, for every way of reading") {
    for (int way = 0; way < 4; ++way) {
        asio::io_context io;
        test::Pair pair = test::connected(io);
        test::Together together(io);
        together.add([](net::Stream& client) -> asio::awaitable<void> {
            co_await test::send(client, "half a line");
            co_await client.close();
        }(pair.client));
        together.add([](net::Stream& server, int how) -> asio::awaitable<void> {
            const std::string half = co_await test::receive(server, 11);
            bool gone = false;
            try {
                if (how == 0) co_await server.read_line(100);
                if (how == 1) co_await server.read_chunk(100);
                if (how == 2) co_await server.fill();
                if (how == 3) co_await server.wait();
            } catch (const net::PeerGone&) {
                gone = true;
            }
            CHECK(gone);
            co_await server.close();
        }(pair.server, way));
        together.run();
    }
}

TEST_CASE("the last answer arrives although the peer still sends") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        const net::ReadLine quit = co_await server.read_line(100);
        CHECK(shown(quit) == "QUIT");
        server.write("221 bye\r\n");
        co_await server.close();
        co_await server.close();  // a second time it does nothing
    }(pair.server));
    together.add([](net::Stream& client) -> asio::awaitable<void> {
        co_await test::send(client, "QUIT\r\n" + std::string(500'000, 'z'));
        co_await test::pause(client.executor(), 20ms);
        const net::ReadLine line = co_await client.read_line(100);
        CHECK(shown(line) == "221 bye");
        co_await client.close();
    }(pair.client));
    together.run();
}

TEST_CASE("a signal from another thread wakes wait; buffered input comes first") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    net::Signal signal(io.get_executor());
    const net::Signal::Notifier notify = signal.notifier();
    std::thread other;
    test::run(io,
              [](net::Stream& server, net::Stream& client, net::Signal& wanted, net::Signal::Notifier call,
                 std::thread& thread) -> asio::awaitable<void> {
                  server.set_deadline(5s);
                  thread = std::thread([call] {
                      for (int i = 0; i < 1000; ++i) call();
                  });
                  const net::WaitOutcome first = co_await server.wait(wanted);
                  CHECK(first == net::WaitOutcome::signalled);
                  thread.join();
                  const net::WaitOutcome again = co_await server.wait(wanted);  // not cleared
                  CHECK(again == net::WaitOutcome::signalled);
                  wanted.clear();
                  CHECK_FALSE(wanted.pending());
                  co_await test::send(client, "x\r\n");
                  const net::WaitOutcome readable = co_await server.wait(wanted);
                  CHECK(readable == net::WaitOutcome::readable);
                  call();
                  const net::WaitOutcome still = co_await server.wait(wanted);
                  CHECK(still == net::WaitOutcome::readable);
                  const net::ReadLine line = co_await server.read_line(10);
                  CHECK(shown(line) == "x");
                  const net::WaitOutcome signalled = co_await server.wait(wanted);
                  CHECK(signalled == net::WaitOutcome::signalled);
                  wanted.clear();
                  server.set_deadline(5ms);
                  const net::WaitOutcome nothing = co_await server.wait(wanted);
                  CHECK(nothing == net::WaitOutcome::deadline);
              }(pair.server, pair.client, signal, notify, other));
}

TEST_CASE("a notifier outlives its signal and its loop") {
    net::Signal::Notifier notify;
    {
        asio::io_context io;
        const net::Signal signal(io.get_executor());
        notify = signal.notifier();
    }
    notify();
}

TEST_CASE("interrupt ends the pending wait or the next one, once, and writing still works") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& server, net::Stream& client) -> asio::awaitable<void> {
        int interrupted = 0;
        for (int i = 0; i < 2; ++i) {
            try {
                const net::ReadLine line = co_await server.read_line(100);
                CHECK(shown(line) == "");
            } catch (const net::Interrupted&) {
                ++interrupted;
            }
            if (i == 0) server.interrupt();
        }
        CHECK(interrupted == 2);
        co_await test::send(server, "421 later\r\n");
        const net::ReadLine told = co_await client.read_line(100);
        CHECK(shown(told) == "421 later");
        co_await test::send(client, "still here\r\n");
        const net::ReadLine line = co_await server.read_line(100);
        CHECK(shown(line) == "still here");
    }(pair.server, pair.client));
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        co_await test::pause(server.executor(), 5ms);
        server.interrupt();
    }(pair.server));
    together.run();
}

TEST_CASE("after an interrupt pipelined lines are not gone on with") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::run(io, [](net::Stream server, net::Stream client) -> asio::awaitable<void> {
        co_await test::send(client, "one\r\ntwo\r\nthree\r\n");
        const net::ReadLine one = co_await server.read_line(100);
        CHECK(shown(one) == "one");
        CHECK(server.try_read_line(100).has_value());
        server.interrupt();
        CHECK_FALSE(server.try_read_line(100).has_value());
        bool interrupted = false;
        try {
            static_cast<void>(co_await server.read_line(100));
        } catch (const net::Interrupted&) {
            interrupted = true;
        }
        CHECK(interrupted);
    }(std::move(pair.server), std::move(pair.client)));
}

TEST_CASE("a moved stream goes on where it was") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::run(io, [](net::Stream server, net::Stream client) -> asio::awaitable<void> {
        co_await test::send(client, "one\r\ntwo\r\n");
        const net::ReadLine one = co_await server.read_line(100);
        CHECK(shown(one) == "one");
        net::Stream moved = std::move(server);
        const net::ReadLine two = co_await moved.read_line(100);
        CHECK(shown(two) == "two");
        CHECK(moved.remote() == client.local());
    }(std::move(pair.server), std::move(pair.client)));
}

TEST_CASE("streams that wait when the loop is destroyed are released") {
    auto io = std::make_unique<asio::io_context>();
    test::Pair pair = test::connected(*io);
    asio::co_spawn(
        *io,
        [](net::Stream server, net::Stream client) -> asio::awaitable<void> {
            const net::ReadLine line = co_await server.read_line(100);
            CHECK(shown(line) == "never");
            co_await client.close();
        }(std::move(pair.server), std::move(pair.client)),
        asio::detached);
    io->run_for(5ms);
    io.reset();  // the leak check of the asan build verifies this
}

TEST_CASE("deflate both ways, cut anywhere, also with plain input that was already there") {
    asio::io_context io;
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += "* " + std::to_string(i * 7919 % 10007) + " FETCH (FLAGS (\\Seen))\r\n";
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add([](net::Stream& server, const std::string& answer) -> asio::awaitable<void> {
        const net::ReadLine compress = co_await server.read_line(100);
        CHECK(shown(compress) == "COMPRESS");
        co_await test::send(server, "OK\r\n");
        server.start_deflate();
        for (int i = 0; i < 3; ++i) {
            const net::ReadLine line = co_await server.read_line(100);
            CHECK(shown(line) == "NOOP " + std::to_string(i));
            co_await test::send(server, answer + "done\r\n");
        }
        bool gone = false;
        try {
            co_await server.fill();
        } catch (const net::PeerGone&) {
            gone = true;
        }
        CHECK(gone);
    }(pair.server, text));
    together.add([](net::Stream& client, const std::string& answer) -> asio::awaitable<void> {
        co_await test::send(client, "COMPRESS\r\n");
        const net::ReadLine ok = co_await client.read_line(100);
        CHECK(shown(ok) == "OK");
        client.start_deflate();
        for (int i = 0; i < 3; ++i) {
            co_await test::send(client, "NOOP " + std::to_string(i) + "\r\n");
            const std::string all = co_await test::receive(client, answer.size() + 6);
            CHECK(all == answer + "done\r\n");
        }
        co_await client.close();
    }(pair.client, text));
    together.run();
}

TEST_CASE("stored output is never shorter than its text, and can be mixed with compressed output") {
    net::Deflate out("");
    net::Deflate in("");
    std::string text;
    for (const std::size_t octets : {std::size_t{1}, std::size_t{23}, std::size_t{65'535}, std::size_t{200'000}}) {
        CAPTURE(octets);
        const std::string piece(octets, static_cast<char>('a' + text.size() % 26));
        std::string wire;
        out.compress(piece, wire);
        const std::size_t compressed = wire.size();
        out.store(piece, wire);
        CHECK(wire.size() - compressed >= octets);
        out.compress(piece, wire);
        text += piece + piece + piece;
        in.put(wire);
        std::string got;
        char room[4096];
        while (const std::size_t inflated = in.inflate(room)) got.append(room, inflated);
        CHECK(got == piece + piece + piece);
    }
}

TEST_CASE("octets that are no deflate stream end the connection") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    test::Together together(io);
    together.add(test::send(pair.client, std::string(100, '\xff')));
    together.add([](net::Stream& server) -> asio::awaitable<void> {
        server.start_deflate();
        bool gone = false;
        try {
            const net::ReadLine line = co_await server.read_line(100);
            CHECK(shown(line) == "");
        } catch (const net::PeerGone&) {
            gone = true;
        }
        CHECK(gone);
    }(pair.server));
    together.run();
}

TEST_CASE("a compressor that rested goes on where it stopped, and takes little memory") {
    net::Deflate server("");
    net::Deflate client("");
    std::string read;
    for (int i = 0; i < 3; ++i) {
        std::string wire;
        server.compress("* " + std::to_string(i) + " EXISTS\r\n", wire);
        CHECK(wire.ends_with(std::string("\0\0\xff\xff", 4)));  // Z_SYNC_FLUSH: the peer can inflate all of it
        client.put(wire);
        char octets[5];
        for (std::size_t got = 1; got > 0;) {
            got = client.inflate(octets);
            read.append(octets, got);
        }
        server.rest();
    }
    CHECK(read == "* 0 EXISTS\r\n* 1 EXISTS\r\n* 2 EXISTS\r\n");
}

TEST_CASE("deflate ends in both directions, and goes on in plain behind that, wherever it is cut") {
    for (const bool pipelined : {false, true}) {
        asio::io_context io;
        test::Pair pair = test::connected(io);
        test::Together together(io);
        together.add([](net::Stream& server) -> asio::awaitable<void> {
            server.start_deflate();
            const net::ReadLine last = co_await server.read_line(100);
            CHECK(shown(last) == "UNAUTHENTICATE");
            server.write("OK\r\n");
            co_await server.stop_deflate();
            CHECK_FALSE(server.is_deflating());
            const net::ReadLine plain = co_await server.read_line(100);
            CHECK(shown(plain) == "LOGIN");
            co_await test::send(server, "plain\r\n");
        }(pair.server));
        together.add([](net::Stream& client, bool at_once) -> asio::awaitable<void> {
            client.start_deflate();
            client.write("UNAUTHENTICATE\r\n");
            if (at_once) {
                co_await client.stop_deflate();
                co_await test::send(client, "LOGIN\r\n");
            } else {
                co_await client.flush();
            }
            const net::ReadLine ok = co_await client.read_line(100);
            CHECK(shown(ok) == "OK");
            if (!at_once) {
                co_await client.stop_deflate();
                co_await test::send(client, "LOGIN\r\n");
            }
            const net::ReadLine plain = co_await client.read_line(100);
            CHECK(shown(plain) == "plain");
        }(pair.client, pipelined));
        together.run();
    }
}

TEST_CASE("a peer that has closed is known without reading: at first as one that sends no more") {
    asio::io_context io;
    test::Pair pair = test::connected(io);
    CHECK(pair.server.peer_state() == net::PeerState::there);
    test::Together together(io);
    together.add([](test::Pair& both) -> asio::awaitable<void> {
        both.client.write("unread");
        co_await both.client.flush();
        CHECK(both.server.peer_state() == net::PeerState::there);
        {
            const net::Stream closes = std::move(both.client);
        }
        CHECK(both.server.peer_state() == net::PeerState::sends_no_more);
        both.server.write("anybody?");
        co_await both.server.flush();
        while (both.server.peer_state() != net::PeerState::gone) co_await test::pause(both.server.executor(), 1ms);
    }(pair));
    together.run();
}
