// Readiness, deadlines and wake-ups of waiter.h on Asio's reactor.
#include "protocols/net/waiter.h"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "protocols/base/expects.h"

namespace net {
namespace {

Deadlines& deadlines_of(asio::ip::tcp::socket& socket) {
    asio::execution_context& context = asio::query(socket.get_executor(), asio::execution::context);
    return asio::use_service<Deadlines>(context);
}

}  // namespace

Waiter::Waiter(asio::ip::tcp::socket socket) : socket_(std::move(socket)), deadlines_(deadlines_of(socket_)) {
    deadlines_.attach();
}

Waiter::~Waiter() {
    deadlines_.leave(*this);
    deadlines_.detach();
}

asio::awaitable<Waiter::Reason> Waiter::wait(For what, std::chrono::milliseconds limit) {
    auto initiate = [self = shared_from_this(), what, limit](auto handler) {
        self->start(what, limit, [resume = std::move(handler)](Reason reason) mutable { std::move(resume)(reason); });
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(Reason)>(std::move(initiate), asio::use_awaitable);
}

void Waiter::start(For what, std::chrono::milliseconds limit, std::move_only_function<void(Reason)> resume) {
    base::expects(!resume_, "one coroutine at a time waits for a stream");
    resume_ = std::move(resume);
    waiting_for_ = what;
    if (limit <= limit.zero()) return wake(Reason::deadline);
    deadlines_.enter(*this, limit);
    arm(what);
}

void Waiter::arm(For what) {
    bool& armed = armed_[static_cast<int>(what)];
    if (armed) return;
    armed = true;
    const auto direction = what == For::read ? asio::ip::tcp::socket::wait_read : asio::ip::tcp::socket::wait_write;
    socket_.async_wait(direction, [self = shared_from_this(), what](const std::error_code&) { self->ready(what); });
}

void Waiter::ready(For what) {
    armed_[static_cast<int>(what)] = false;
    if (!resume_ || waiting_for_ != what) return;
    deadlines_.leave(*this);
    std::move_only_function<void(Reason)> resume = std::exchange(resume_, nullptr);
    resume(Reason::ready);
}

void Waiter::wake(Reason reason) {
    if (!resume_) return;
    deadlines_.leave(*this);
    asio::post(socket_.get_executor(),
               [resume = std::exchange(resume_, nullptr), reason]() mutable { resume(reason); });
}

void Waiter::abandoned() { const std::move_only_function<void(Reason)> unwound = std::exchange(resume_, nullptr); }

void Waiter::close() {
    std::error_code ignored;
    static_cast<void>(socket_.close(ignored));
}

}  // namespace net
