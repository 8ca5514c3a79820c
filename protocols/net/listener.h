// Listening sockets and their accept loops. What a connection becomes, and how many there may be, is the callback's
// business (server/doors).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

namespace net {

struct ListenOptions {
    int backlog = 1024;
    // An IPv6 wildcard takes IPv4 clients too, which is what "[::]:25" means to people; set where both are bound.
    bool v6_only = false;
};

// Bound and listening (privileged ports before privileges are dropped), not yet accepting. Throws std::system_error
// whose what() names the endpoint.
class ListeningSocket {
  public:
    explicit ListeningSocket(const asio::ip::tcp::endpoint& endpoint, const ListenOptions& options = {});
    // A socket that someone else bound (systemd's).
    explicit ListeningSocket(int listening_descriptor);
    ListeningSocket(ListeningSocket&& other) noexcept;
    ListeningSocket& operator=(ListeningSocket&& other) noexcept;
    ~ListeningSocket();
    asio::ip::tcp::endpoint local() const;  // with the port that the kernel chose, where 0 was asked for
    int release();                          // the descriptor, now the caller's

  private:
    int descriptor_ = -1;
};

class Listener {
  public:
    // Accepts on `loop`; each new socket belongs to an executor that `next` names (Threads::next). accepted() is called
    // on the loop's thread with the socket and the listener's own address: it starts a coroutine on
    // socket.get_executor(), which alone may touch the socket. trouble() hears, in words, of failures to accept: the
    // listener pauses and goes on by itself.
    struct Callbacks {
        std::function<asio::any_io_executor()> next;
        std::function<void(asio::ip::tcp::socket)> accepted;
        std::function<void(const std::string&)> trouble;
    };
    Listener(asio::any_io_executor loop, ListeningSocket socket, Callbacks callbacks);
    ~Listener();  // stop()
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void stop();  // from any thread; no new connection is taken afterwards, and the port is given free
    const asio::ip::tcp::endpoint& local() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace net
