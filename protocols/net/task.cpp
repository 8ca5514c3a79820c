#include "protocols/net/task.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <utility>

namespace net {

void Task::start(const asio::any_io_executor& executor, asio::awaitable<void> coroutine,
                 std::function<void(std::exception_ptr)> ended) {
    signal_ = std::make_shared<asio::cancellation_signal>();
    // The signal lives as long as the coroutine.
    auto at_end = [signal = signal_, told = std::move(ended)](std::exception_ptr failure) { told(failure); };
    asio::co_spawn(executor, std::move(coroutine), asio::bind_cancellation_slot(signal_->slot(), std::move(at_end)));
}

void Task::cancel() {
    if (signal_) signal_->emit(asio::cancellation_type::terminal);
}

}  // namespace net
