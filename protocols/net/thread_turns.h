// Whose work is next on a network thread. Sessions work in slices of about 2 ms, and a client's step in a TLS handshake
// may cost a signature, some 0.2 ms: hundreds of sessions that always have more to do, or thousands of clients that
// begin at once, would keep all others of the thread waiting for a second. So those whose slice is over, and those who
// shake hands, wait here, by party: parties take turns, for a slice at a time, and everything else on the thread goes
// on in between. Used on the io_context's own thread only.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>

#include "protocols/locking/fair_queue.h"

namespace net {

class ThreadTurns : public asio::execution_context::service {
  public:
    using key_type = ThreadTurns;
    static asio::execution_context::id id;

    explicit ThreadTurns(asio::execution_context& context) : service(context) {}
    static ThreadTurns& of(const asio::any_io_executor& executor);

    // Whose turn it is: an account's (from 1), or, before the log-in, that of a client's network (/24, /56).
    class Party {
      public:
        static Party account(std::int64_t account);
        static Party network(const asio::ip::address& client);
        friend auto operator<=>(Party, Party) = default;

      private:
        explicit Party(std::uint64_t value) : value_(value) {}
        std::uint64_t value_;
    };

    // Calls `go_on` from the event loop when this party has a turn. Dropped if the io_context is destroyed before.
    void wait(Party party, std::move_only_function<void()> go_on);
    // The same for a coroutine, on its own thread.
    static asio::awaitable<void> give_way(Party party);
    // Whether somebody waits for a turn of this party.
    bool awaited_by(Party party) const { return waiting_.waits(party); }
    bool awaited() const { return !waiting_.empty(); }

  private:
    using Waiting = locking::FairQueue<Party, std::move_only_function<void()>>;

    void shutdown() noexcept override;
    void next();
    void post_next();

    Waiting waiting_;
    bool is_posted_ = false;  // next() will be called
};

}  // namespace net
