// Listening sockets and their accept loops. The callback decides what becomes of a connection and how many there may be
// (server/doors).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

namespace net {

struct ListenOptions {
    int backlog = 4096;
    // By default an IPv6 wildcard also takes IPv4 clients, as people expect of "[::]:25"; set this if both are bound.
    bool v6_only = false;
    // false: only bound, so that clients are refused until listen(); a start may take long.
    bool at_once = true;
};

// Bound and listening, but not yet accepting: privileged ports are bound before privileges are dropped. Throws
// std::system_error whose what() names the endpoint.
class ListeningSocket {
  public:
    explicit ListeningSocket(const asio::ip::tcp::endpoint& endpoint, const ListenOptions& options = {});
    // A socket that was bound elsewhere (by systemd).
    explicit ListeningSocket(int listening_descriptor);
    ListeningSocket(ListeningSocket&& other) noexcept;
    ListeningSocket& operator=(ListeningSocket&& other) noexcept;
    ~ListeningSocket();
    void listen();
    asio::ip::tcp::endpoint local() const;  // with the actual port, if 0 was asked for
    int release();                          // the descriptor, which the caller then owns

  private:
    int descriptor_ = -1;
    int backlog_ = ListenOptions{}.backlog;
};

class Listener {
  public:
    // Accepts on `loop`; each new socket gets the executor that `next` returns (Threads::next). accepted() is called on
    // the loop's thread; it starts a coroutine on socket.get_executor(), which alone may use the socket. trouble() gets
    // the text of accept errors: the listener pauses and continues by itself.
    struct Callbacks {
        std::function<asio::any_io_executor()> next;
        std::function<void(asio::ip::tcp::socket)> accepted;
        std::function<void(const std::string&)> trouble;
    };
    Listener(asio::any_io_executor loop, ListeningSocket socket, Callbacks callbacks);
    ~Listener();  // stop()
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void stop();  // from any thread; accepts no more connections and frees the port
    const asio::ip::tcp::endpoint& local() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace net
