// Whose step of a TLS handshake is next on a network thread. A step may cost a signature, some 0.2 ms: thousands of
// clients that begin at once would keep all others of the thread waiting for a second. So there are a few steps at a
// time, in turn among the clients' networks (/24, /56), and everything else on the thread goes on in between. Used on
// the io_context's own thread only.
#pragma once

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/address.hpp>
#include <cstdint>
#include <deque>
#include <map>

namespace net {

class HandshakeTurns : public asio::execution_context::service {
  public:
    using key_type = HandshakeTurns;
    static asio::execution_context::id id;

    explicit HandshakeTurns(asio::execution_context& context) : service(context) {}

    // Waits until this client may do a step.
    static asio::awaitable<void> wait(asio::any_io_executor executor, asio::ip::address client);

  private:
    using Network = std::array<std::uint8_t, 8>;
    class Place;
    static Network network_of(const asio::ip::address& client);
    void shutdown() noexcept override { waiting_.clear(); }
    void next();

    std::map<Network, std::deque<Place*>> waiting_;  // none is empty
    Network last_{};                                 // the one whose turn was the last
    bool running_ = false;                           // next() will be called
};

}  // namespace net
