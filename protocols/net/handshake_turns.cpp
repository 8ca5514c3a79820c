// Each who waits has a timer that never fires: ending it resumes the coroutine from the event loop.
#include "protocols/net/handshake_turns.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/query.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

namespace net {

asio::execution_context::id HandshakeTurns::id;

// One who waits; leaves the queue when it is destroyed.
class HandshakeTurns::Place {
  public:
    Place(HandshakeTurns& turns, const asio::any_io_executor& executor, const Network& network)
        : turns_(turns), network_(network), timer_(executor, asio::steady_timer::time_point::max()) {
        turns_.waiting_[network_].push_back(this);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        if (is_served_) return;
        const auto found = turns_.waiting_.find(network_);
        if (found == turns_.waiting_.end()) return;  // the io_context is being destroyed
        std::erase(found->second, this);
        if (found->second.empty()) turns_.waiting_.erase(found);
    }
    asio::any_io_executor executor() { return timer_.get_executor(); }
    asio::awaitable<void> wait() {
        std::error_code ended;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    }
    void serve() {
        is_served_ = true;
        timer_.cancel();
    }

  private:
    HandshakeTurns& turns_;
    Network network_;
    asio::steady_timer timer_;
    bool is_served_ = false;
};

HandshakeTurns::Network HandshakeTurns::network_of(const asio::ip::address& client) {
    const bool mapped = client.is_v6() && client.to_v6().is_v4_mapped();
    Network network{};
    if (client.is_v4() || mapped) {
        const auto octets = mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, client.to_v6()).to_bytes()
                                   : client.to_v4().to_bytes();
        std::copy_n(octets.begin(), 3, network.begin());
        network.back() = 4;
    } else {
        std::copy_n(client.to_v6().to_bytes().begin(), 7, network.begin());
        network.back() = 6;
    }
    return network;
}

asio::awaitable<void> HandshakeTurns::wait(asio::any_io_executor executor, asio::ip::address client) {
    auto& turns = asio::use_service<HandshakeTurns>(asio::query(executor, asio::execution::context));
    Place place(turns, executor, network_of(client));
    if (!turns.running_) {
        turns.running_ = true;
        asio::post(executor, [&turns] { turns.next(); });
    }
    co_await place.wait();
}

// Called again behind all that is ready by now: that may take long, so several are served until then.
void HandshakeTurns::next() {
    constexpr int at_once = 8;  // some 2 ms
    running_ = !waiting_.empty();
    if (!running_) return;
    const asio::any_io_executor executor = waiting_.begin()->second.front()->executor();
    for (int i = 0; i < at_once && !waiting_.empty(); ++i) {
        auto network = waiting_.upper_bound(last_);
        if (network == waiting_.end()) network = waiting_.begin();
        last_ = network->first;
        Place* const place = network->second.front();
        network->second.pop_front();
        if (network->second.empty()) waiting_.erase(network);
        place->serve();
    }
    asio::post(executor, [this] { next(); });
}

}  // namespace net
