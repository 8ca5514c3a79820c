// Two ends of a loopback connection, and a way to run coroutines to their end.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/net/stream.h"

namespace test {

struct Pair {
    net::Stream server;
    net::Stream client;
};

inline std::pair<asio::ip::tcp::socket, asio::ip::tcp::socket> connected_sockets(asio::io_context& io) {
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    asio::ip::tcp::socket client(io);
    client.connect(acceptor.local_endpoint());
    return {acceptor.accept(), std::move(client)};
}

inline Pair connected(asio::io_context& io) {
    auto [server, client] = connected_sockets(io);
    return {net::Stream(std::move(server)), net::Stream(std::move(client))};
}

// Runs all coroutines until none is left; throws the first exception.
class Together {
  public:
    explicit Together(asio::io_context& io) : io_(io) {}
    void add(asio::awaitable<void> coroutine) {
        ++running_;
        asio::co_spawn(io_, std::move(coroutine), [this](std::exception_ptr failure) {
            if (failure && !failure_) failure_ = failure;
            if (--running_ == 0) io_.stop();
        });
    }
    void run() {
        io_.restart();
        io_.run_for(std::chrono::seconds(20));
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

  private:
    asio::io_context& io_;
    int running_ = 0;
    std::exception_ptr failure_;
};

inline void run(asio::io_context& io, asio::awaitable<void> coroutine) {
    Together together(io);
    together.add(std::move(coroutine));
    together.run();
}

inline asio::awaitable<void> pause(asio::any_io_executor executor, std::chrono::milliseconds time) {
    asio::steady_timer timer(executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

inline asio::awaitable<void> send(net::Stream& stream, std::string octets) {
    stream.write(octets);
    co_await stream.flush();
}

inline asio::awaitable<std::string> receive(net::Stream& stream, std::size_t octets) {
    std::string all;
    while (all.size() < octets) {
        const std::string_view chunk = co_await stream.read_chunk(octets - all.size());
        all += chunk;
    }
    co_return all;
}

// "text", "text<LF>" for a bare LF, or "<too long>".
inline std::string shown(const net::ReadLine& line) {
    if (std::holds_alternative<net::LineTooLong>(line)) return "<too long>";
    const net::Line& read = std::get<net::Line>(line);
    return std::string(read.text) + (read.bare_lf ? "<LF>" : "");
}

}  // namespace test
