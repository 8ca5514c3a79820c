// Memory of an idle connection, with its waiting coroutine: the budget of a session without any other data. The clients
// are in another process. Not under sanitizers, which need memory of their own.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <vector>

#include "protocols/net/tls.h"
#include "tests/unit/net/support.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER
#endif
#endif

#ifndef UNDER_SANITIZER

namespace {

constexpr int connections = 500;

long proportional_kib() {
    std::ifstream rollup("/proc/self/smaps_rollup");
    std::string word;
    long kib = 0;
    while (rollup >> word) {
        if (word == "Pss:") rollup >> kib;
    }
    return kib;
}

asio::awaitable<void> hold(net::Stream stream, net::TlsContext* tls, int& waiting) {
    if (tls != nullptr) co_await stream.start_tls_server(*tls);
    stream.write("+OK ready\r\n");
    co_await stream.flush();
    const net::ReadLine hello = co_await stream.read_line(1000);
    if (test::shown(hello) != "hello") co_return;
    stream.write("+OK hello\r\n");
    co_await stream.flush();
    ++waiting;
    co_await stream.read_line(1000);
}

// One after the other: many handshakes at once leave free heap memory that does not belong to idle connections.
asio::awaitable<void> call(asio::io_context& io, asio::ip::tcp::endpoint to, net::TlsContext* tls,
                           std::vector<net::Stream>& held) {
    asio::ip::tcp::socket socket(io);
    co_await socket.async_connect(to, asio::use_awaitable);
    net::Stream stream(std::move(socket));
    if (tls != nullptr) co_await stream.start_tls_client(*tls, "localhost");
    stream.write("hello\r\n");
    co_await stream.flush();
    co_await stream.read_line(1000);
    co_await stream.read_line(1000);
    held.push_back(std::move(stream));
}

asio::awaitable<void> call_often(asio::io_context& io, asio::ip::tcp::endpoint to, net::TlsContext* tls,
                                 std::vector<net::Stream>& held) {
    for (int i = 0; i < connections; ++i) co_await call(io, to, tls, held);
}

[[noreturn]] void be_the_clients(asio::ip::tcp::endpoint to, bool with_tls) {
    asio::io_context io;
    std::unique_ptr<net::TlsContext> tls;
    if (with_tls) tls = std::make_unique<net::TlsContext>(net::ClientTlsOptions{});
    std::vector<net::Stream> held;
    asio::co_spawn(io, call_often(io, to, tls.get(), held), asio::detached);
    io.run_for(std::chrono::seconds(60));
    _exit(0);
}

// Octets for each idle connection.
long cost(bool with_tls) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    asio::io_context io;
    net::TlsContext tls(net::ServerTlsOptions{.certificates = {net::make_self_signed({"localhost"})}});
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    int waiting = 0;
    const auto accept_and_hold = [&](int count) {
        const int wanted = waiting + count;
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (waiting < wanted && std::chrono::steady_clock::now() < until) {
            const int so_far = waiting;
            net::Stream stream(acceptor.accept());
            asio::co_spawn(io, hold(std::move(stream), with_tls ? &tls : nullptr, waiting), asio::detached);
            while (waiting == so_far && std::chrono::steady_clock::now() < until) {
                io.run_one_for(std::chrono::seconds(1));
            }
        }
    };
    const pid_t clients = fork();
    if (clients == 0) be_the_clients(acceptor.local_endpoint(), with_tls);
    accept_and_hold(connections / 5);  // so that pools and libraries have their memory already
    const long before = proportional_kib();
    accept_and_hold(connections - connections / 5);
    const long after = proportional_kib();
    CHECK(waiting == connections);
    kill(clients, SIGTERM);
    waitpid(clients, nullptr, 0);
    return (after - before) * 1024 / (connections - connections / 5);
}

}  // namespace

TEST_CASE("an idle connection costs little memory") {
    const long plain = cost(false);
    const long tls = cost(true);
    MESSAGE("octets for an idle connection: plain " << plain << ", TLS " << tls);
    CHECK(plain < 6L * 1024);
    CHECK(tls < 24L * 1024);
}

#endif
