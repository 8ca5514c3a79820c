// Messages by TCP, to servers that answer, in pieces or not at all.
#include "server/zone/tcp_exchange.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/read.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <exception>
#include <functional>
#include <vector>

#include "server/zone/update_server.h"

using namespace server;
using namespace std::string_literals;

namespace {

using Socket = asio::ip::tcp::socket;

// Serves one connection; what two messages are answered with, or the fault.
std::vector<std::string> send_two(std::function<asio::awaitable<void>(Socket&)> serve) {
    asio::io_context loop;
    asio::ip::tcp::acceptor acceptor(loop, {asio::ip::make_address("127.0.0.1"), 0});
    const auto listen = [&]() -> asio::awaitable<void> {
        Socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        co_await serve(socket);
        acceptor.close();
    };
    std::vector<std::string> answers;
    zone::TcpExchange exchange(loop.get_executor(), acceptor.local_endpoint(),
                               {.answer = std::chrono::milliseconds(200)});
    const auto ask = [&]() -> asio::awaitable<void> {
        try {
            for (const char* message : {"one", "two"}) {
                std::string answer = co_await exchange.send(message);
                answers.push_back(std::move(answer));
            }
        } catch (const zone::UpdateFailure& failure) {
            answers.emplace_back(failure.what());
        }
        loop.stop();
    };
    asio::co_spawn(loop, listen(), asio::detached);
    asio::co_spawn(loop, ask(), asio::detached);
    loop.run();
    return answers;
}

asio::awaitable<std::string> receive(Socket& socket, std::size_t octets) {
    std::string text(octets, '\0');
    co_await asio::async_read(socket, asio::buffer(text), asio::use_awaitable);
    co_return text;
}

}  // namespace

TEST_CASE("messages go over one connection, each after its length, and come in whatever pieces") {
    std::string got;
    const auto serve = [&](Socket& socket) -> asio::awaitable<void> {
        std::string first = co_await receive(socket, 5);
        got += first;
        for (const std::string& piece : {"\0"s, "\3a"s, "b"s, "c"s}) {
            co_await asio::async_write(socket, asio::buffer(piece), asio::use_awaitable);
        }
        std::string second = co_await receive(socket, 5);
        got += second;
        const std::string rest = "\0\5defgh"s;
        co_await asio::async_write(socket, asio::buffer(rest), asio::use_awaitable);
    };
    CHECK(send_two(serve) == std::vector<std::string>{"abc", "defgh"});
    CHECK(got == "\0\3one\0\3two"s);
}

TEST_CASE("a server that hangs up, is silent, or is not there, in words") {
    const auto hangs_up = [](Socket& socket) -> asio::awaitable<void> {
        std::string first = co_await receive(socket, 5);
        const std::string half = "\0\3a"s;
        co_await asio::async_write(socket, asio::buffer(half), asio::use_awaitable);
        socket.close();
    };
    CHECK(send_two(hangs_up) == std::vector<std::string>{"the server has closed the connection"});
    const auto is_silent = [](Socket& socket) -> asio::awaitable<void> {
        std::string more_than_comes = co_await receive(socket, 100);
    };
    CHECK(send_two(is_silent) == std::vector<std::string>{"the server does not answer in time"});

    asio::io_context loop;
    zone::TcpExchange exchange(loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 1});
    std::string fault;
    const auto ask = [&]() -> asio::awaitable<void> {
        try {
            co_await exchange.send("one");
        } catch (const zone::UpdateFailure& failure) {
            fault = failure.what();
        }
    };
    asio::co_spawn(loop, ask(), asio::detached);
    loop.run();
    CHECK(fault == "the server cannot be reached: Connection refused");
}
