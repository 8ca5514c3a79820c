// See fake_server.h.
#include "tests/unit/smtp/fake_server.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>

#include "protocols/net/connect.h"

namespace smtp::testing {

FakeServer::FakeServer(std::vector<std::string> script)
    : script_(std::move(script)),
      endpoint_(asio::ip::address_v4::loopback(), 0),
      listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto size = static_cast<socklen_t>(endpoint_.capacity());
    ::bind(listening_, endpoint_.data(), static_cast<socklen_t>(endpoint_.size()));
    ::listen(listening_, 1);
    ::getsockname(listening_, endpoint_.data(), &size);
    thread_ = std::thread([this] { run(); });
}

FakeServer::~FakeServer() { finish(); }

FakeServer::Outcome FakeServer::finish() {
    if (thread_.joinable()) thread_.join();
    return outcome_;
}

void FakeServer::run() {
    const timeval patience{10, 0};
    ::setsockopt(listening_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connection_ = ::accept(listening_, nullptr, nullptr);
    ::setsockopt(connection_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (const std::string& line : script_) {
        if (step(line)) continue;
        outcome_.trouble = "at '" + line + "', having '" + buffer_ + "'";
        break;
    }
    ::close(connection_);
    ::close(listening_);
}

bool FakeServer::receive() {
    char octets[16384];
    const ssize_t got = ::recv(connection_, octets, sizeof octets, 0);
    if (got <= 0) return false;
    buffer_.append(octets, static_cast<std::size_t>(got));
    return true;
}

bool FakeServer::step(const std::string& line) {
    const auto take = [&](std::size_t octets) {
        outcome_.received += buffer_.substr(0, octets);
        buffer_.erase(0, octets);
        return true;
    };
    if (line.starts_with("S: ")) {
        const std::string sent = line.substr(3) + "\r\n";
        return ::send(connection_, sent.data(), sent.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(sent.size());
    }
    if (line.starts_with("C: ")) {
        while (!buffer_.contains("\r\n")) {
            if (!receive()) return false;
        }
        if (!buffer_.starts_with(line.substr(3))) return false;
        return take(buffer_.find("\r\n") + 2);
    }
    if (line == "DATA") {
        while (!buffer_.starts_with(".\r\n") && !buffer_.contains("\r\n.\r\n")) {
            if (!receive()) return false;
        }
        return take(buffer_.starts_with(".\r\n") ? 3 : buffer_.find("\r\n.\r\n") + 5);
    }
    if (line.starts_with("READ ")) {
        const std::size_t octets = std::stoul(line.substr(5));
        while (buffer_.size() < octets) {
            if (!receive()) return false;
        }
        return take(octets);
    }
    if (line.starts_with("SLEEP ")) {
        std::this_thread::sleep_for(std::chrono::milliseconds(std::stoul(line.substr(6))));
        return true;
    }
    ::shutdown(connection_, SHUT_RDWR);
    return line == "CLOSE";
}

namespace {

asio::awaitable<void> connect_and_use(asio::ip::tcp::endpoint server, ClientOptions options, const UseClient& use) {
    net::Stream stream = co_await net::connect(co_await asio::this_coro::executor, server, net::ConnectOptions{});
    Client client(std::move(stream), std::move(options));
    co_await use(client);
}

asio::awaitable<std::string_view> next_piece(std::shared_ptr<std::string> content, std::shared_ptr<std::size_t> at,
                                             std::size_t piece) {
    const std::string_view next = std::string_view(*content).substr(*at, piece);
    *at += next.size();
    co_return next;
}

}  // namespace

void with_client(const asio::ip::tcp::endpoint& server, ClientOptions options, const UseClient& use) {
    asio::io_context context;
    std::exception_ptr escaped;
    asio::co_spawn(context, connect_and_use(server, std::move(options), use),
                   [&escaped](std::exception_ptr error) { escaped = std::move(error); });
    context.run();
    if (escaped) std::rethrow_exception(escaped);
}

OpenContent pieces(std::string content, std::size_t piece) {
    auto shared = std::make_shared<std::string>(std::move(content));
    return [=] {
        auto at = std::make_shared<std::size_t>(0);
        return NextChunk([=] { return next_piece(shared, at, piece); });
    };
}

}  // namespace smtp::testing
