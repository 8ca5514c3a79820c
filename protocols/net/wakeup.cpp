// A timer that never ends by itself, or late: whoever notifies, cancels it.
#include "protocols/net/wakeup.h"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <system_error>
#include <utility>

#include "protocols/locking/mutex.h"

namespace net {

struct Wakeup::State {
    explicit State(asio::any_io_executor on) : executor(std::move(on)) {}

    asio::any_io_executor executor;
    std::atomic<bool> pending = false;
    locking::Mutex mutex;
    bool closed GUARDED_BY(mutex) = false;  // the Wakeup is gone, and its io_context may be
    asio::steady_timer* timer = nullptr;    // on the executor's thread only
};

Wakeup::Wakeup(const asio::any_io_executor& executor) : timer_(executor), state_(std::make_shared<State>(executor)) {
    state_->timer = &timer_;
}

Wakeup::~Wakeup() {
    const locking::Lock lock(state_->mutex);
    state_->closed = true;
    state_->timer = nullptr;
}

asio::awaitable<bool> Wakeup::wait(std::chrono::milliseconds at_most) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!state_->pending.exchange(false)) {
        if (std::chrono::steady_clock::now() >= end) co_return false;
        timer_.expires_at(end);  // again: it may have been cancelled for a notification that was seen before
        co_await wait_for_timer();
    }
    co_return true;
}

asio::awaitable<void> Wakeup::wait() {
    while (!state_->pending.exchange(false)) {
        timer_.expires_at(asio::steady_timer::time_point::max());
        co_await wait_for_timer();
    }
}

asio::awaitable<void> Wakeup::wait_for_timer() {
    std::error_code ended;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    const asio::cancellation_state cancelled = co_await asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != asio::cancellation_type::none) {
        throw std::system_error(asio::error::make_error_code(asio::error::operation_aborted), "cancelled");
    }
}

void Wakeup::notify() {
    if (!state_->pending.exchange(true)) timer_.cancel();
}

bool Wakeup::take() { return state_->pending.exchange(false); }

Wakeup::Notifier Wakeup::notifier() const { return {state_}; }

void Wakeup::Notifier::operator()() const {
    const auto shared = std::static_pointer_cast<State>(state);
    if (shared->pending.exchange(true)) return;
    const locking::Lock lock(shared->mutex);
    if (shared->closed) return;
    asio::post(shared->executor, [shared] {
        if (shared->timer != nullptr) shared->timer->cancel();
    });
}

}  // namespace net
