// A line for each address. A timer belongs to the thread that waits for it, and is cancelled there.
#include "server/auth/reservations.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <system_error>

namespace server::auth {

namespace {

AddressOctets network_of(const std::string& address) {
    return client_network(parse_address(address).value_or(AddressOctets{}));
}

void wake(const std::shared_ptr<asio::steady_timer>& timer) {
    asio::post(timer->get_executor(), [waiting = std::weak_ptr(timer)] {
        // Not cancel(): it would be lost if the wait has not begun yet.
        if (const auto alive = waiting.lock()) alive->expires_after(std::chrono::seconds(0));
    });
}

}  // namespace

class Reservations::Place {
  public:
    Place(Reservations& owner, const AddressOctets& network, Timer timer)
        : owner_(owner), network_(network), timer_(std::move(timer)) {
        const locking::Lock lock(owner_.mutex_);
        std::deque<Timer>& line = owner_.lines_[network_];
        if (!owner_.ended_ && line.size() < owner_.waiting_most_) {
            line.push_back(timer_);
            taken_ = true;
        } else if (line.empty()) {
            owner_.lines_.erase(network_);
        }
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        const locking::Lock lock(owner_.mutex_);
        const auto line = owner_.lines_.find(network_);
        if (!taken_ || line == owner_.lines_.end()) return;
        std::erase(line->second, timer_);
        if (line->second.empty()) {
            owner_.lines_.erase(line);
        } else {
            wake(line->second.front());  // there may be room for it, too
        }
    }
    bool taken() const { return taken_; }

  private:
    Reservations& owner_;
    AddressOctets network_;
    Timer timer_;
    bool taken_ = false;
};

asio::awaitable<std::optional<Reservations::Reservation>> Reservations::reserve(std::string address,
                                                                                std::chrono::seconds patience) {
    if (throttle_.reserve(address)) co_return Reservation(*this, std::move(address));
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto until = std::chrono::steady_clock::now() + patience;
    const auto timer = std::make_shared<asio::steady_timer>(executor);
    const Place place(*this, network_of(address), timer);
    if (!place.taken()) co_return std::nullopt;
    // Each is woken when one before it ends; what was reserved by others meanwhile ends, too.
    while (!throttle_.reserve(address)) {
        {
            const locking::Lock lock(mutex_);
            if (ended_) co_return std::nullopt;
        }
        if (throttle_.shut_out(address) || std::chrono::steady_clock::now() >= until) co_return std::nullopt;
        timer->expires_at(until);
        std::error_code woken;
        co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_return Reservation(*this, std::move(address));
}

void Reservations::end(const std::string& address) {
    throttle_.release(address);
    const bool shut_out = throttle_.shut_out(address).has_value();
    const locking::Lock lock(mutex_);
    const auto line = lines_.find(network_of(address));
    if (line == lines_.end()) return;
    for (const Timer& timer : line->second) {
        wake(timer);
        if (!shut_out) return;
    }
}

void Reservations::end_waits() {
    const locking::Lock lock(mutex_);
    ended_ = true;
    for (const auto& [network, line] : lines_) {
        for (const Timer& timer : line) wake(timer);
    }
}

}  // namespace server::auth
