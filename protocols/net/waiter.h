// A socket, and the one coroutine that may wait for it: until it is ready, a signal comes, the deadline passes or an
// interrupt comes. Does not read or write. Belongs to one thread.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "protocols/net/deadlines.h"

namespace net {

class Waiter final : public std::enable_shared_from_this<Waiter>, private Deadlines::Entry {
  public:
    enum class For { read, write };
    enum class Reason { ready, signalled, deadline, interrupted };

    explicit Waiter(asio::ip::tcp::socket socket);
    ~Waiter();

    asio::ip::tcp::socket& socket() { return socket_; }
    // Suspends the caller until the first of these reasons; with a limit of 0 that is the deadline. If another reason
    // comes before readiness, the wait for readiness stays armed for the next call.
    asio::awaitable<Reason> wait(For what, std::chrono::milliseconds limit);
    // Ends the current wait, if there is one, from the event loop.
    void wake(Reason reason);
    bool waiting_to_read() const { return static_cast<bool>(resume_) && waiting_for_ == For::read; }
    void close();

  private:
    void start(For what, std::chrono::milliseconds limit, std::move_only_function<void(Reason)> resume);
    void arm(For what);
    void ready(For what);
    void expired() override { wake(Reason::deadline); }
    void abandoned() override;

    asio::ip::tcp::socket socket_;
    Deadlines& deadlines_;
    std::move_only_function<void(Reason)> resume_;
    For waiting_for_ = For::read;
    bool armed_[2] = {false, false};
};

}  // namespace net
