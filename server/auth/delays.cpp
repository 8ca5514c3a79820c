// A timer belongs to the thread that waits for it, and is cancelled there.
#include "server/auth/delays.h"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <system_error>
#include <utility>

namespace server::auth {

asio::awaitable<void> Delays::wait(std::chrono::seconds duration) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto timer = std::make_shared<asio::steady_timer>(executor, duration);
    const Entry entry(*this, timer);
    std::error_code cancelled;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

Delays::Entry::Entry(Delays& delays, std::shared_ptr<asio::steady_timer> timer)
    : delays_(delays), timer_(std::move(timer)) {
    const locking::Lock lock(delays_.mutex_);
    if (delays_.ended_) timer_->expires_after(std::chrono::seconds(0));
    delays_.waiting_.insert(timer_);
}

Delays::Entry::~Entry() {
    const locking::Lock lock(delays_.mutex_);
    delays_.waiting_.erase(timer_);
}

void Delays::end() {
    const locking::Lock lock(mutex_);
    ended_ = true;
    for (const std::shared_ptr<asio::steady_timer>& timer : waiting_) {
        asio::post(timer->get_executor(), [waiting = std::weak_ptr(timer)] {
            if (const auto alive = waiting.lock()) alive->cancel();
        });
    }
}

}  // namespace server::auth
