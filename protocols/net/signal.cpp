// Wakes a stream's wait() from any thread. Many notifications before the stream runs cost one wake-up.
#include <asio/post.hpp>

#include "protocols/net/signal_state.h"

namespace net {

Signal::Signal(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

Signal::~Signal() {
    const locking::Lock lock(state_->mutex);
    state_->closed = true;
}

Signal::Notifier Signal::notifier() const { return {state_}; }
bool Signal::pending() const { return state_->pending.load(); }
void Signal::clear() { state_->pending.store(false); }

void Signal::Notifier::operator()() const {
    const auto shared = std::static_pointer_cast<State>(state);
    if (shared->pending.exchange(true)) return;
    const locking::Lock lock(shared->mutex);
    if (shared->closed) return;
    asio::post(shared->executor, [shared] {
        const std::shared_ptr<Waiter> waiter = shared->waiter.lock();
        if (waiter != nullptr && shared->pending.load()) waiter->wake(Waiter::Reason::signalled);
    });
}

}  // namespace net
