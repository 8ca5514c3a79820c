// Connections that we open, to other mail servers. The caller chooses the host and the order of its addresses
// (RFC 5321 §5); of several addresses the first one that answers is used (RFC 8305 §5).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "protocols/net/stream.h"

namespace net {

struct ConnectOptions {
    std::chrono::milliseconds timeout = std::chrono::seconds(30);  // of each address
    std::optional<asio::ip::address> source{};  // our source address; used only if it is of the same family
    std::chrono::milliseconds next_after{250};  // then the next address is tried as well (RFC 8305 §5)
};

// Throws std::system_error with the kernel's reason (refused, unreachable, timed_out). On the executor's thread.
asio::awaitable<Stream> connect(asio::any_io_executor executor, asio::ip::tcp::endpoint to, ConnectOptions options);

struct Connection {
    std::optional<Stream> stream;  // nothing: all have failed, or it was interrupted
    asio::ip::tcp::endpoint to;
    std::vector<asio::ip::tcp::endpoint> overtaken;  // begun before that one, and given up for it
    struct Failure {
        asio::ip::tcp::endpoint to;
        std::error_code reason;
    };
    std::vector<Failure> failures;
};

// Connects to several addresses in order, each with a head start over the next, and keeps the first that answers: the
// others are closed at once, before anything is read or written on them. Uses one socket per address at most.
class ConnectionRace {
  public:
    ConnectionRace(asio::any_io_executor executor, std::vector<asio::ip::tcp::endpoint> to, ConnectOptions options);
    asio::awaitable<Connection> run();  // once
    void interrupt();                   // on the executor's thread

  private:
    struct State;
    static asio::awaitable<void> await_answer(std::shared_ptr<State> state, std::size_t which);
    static void begin(const std::shared_ptr<State>& state, std::size_t which);

    std::shared_ptr<State> state_;
};

}  // namespace net
