// connect.h on non-blocking sockets: the result is known when the socket becomes writable (connect(2)).
#include "protocols/net/connect.h"

#include <sys/socket.h>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "protocols/net/race.h"
#include "protocols/net/spawn.h"
#include "protocols/net/waiter.h"

namespace net {
namespace {

std::error_code reason_of(int error) { return {error, std::generic_category()}; }

// Throws std::system_error when it fails at once.
std::shared_ptr<Waiter> begin_to_connect(const asio::any_io_executor& executor, const asio::ip::tcp::endpoint& to,
                                         const ConnectOptions& options) {
    asio::ip::tcp::socket socket(executor);
    socket.open(to.protocol());
    socket.native_non_blocking(true);
    if (options.source && options.source->is_v6() == to.address().is_v6()) {
        socket.bind(asio::ip::tcp::endpoint(*options.source, 0));
    }
    auto waiter = std::make_shared<Waiter>(std::move(socket));
    const int descriptor = waiter->socket().native_handle();
    if (::connect(descriptor, to.data(), static_cast<socklen_t>(to.size())) != 0 && errno != EINPROGRESS &&
        errno != EINTR)
        throw std::system_error(reason_of(errno), "connect");
    return waiter;
}

// The result; no error means connected. On an error the socket is closed, which ends the wait that keeps it alive.
std::error_code outcome_of(Waiter& waiter, Waiter::Reason reason) {
    int error = reason == Waiter::Reason::deadline ? ETIMEDOUT : 0;
    socklen_t size = sizeof error;
    if (error == 0) getsockopt(waiter.socket().native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) waiter.close();
    return error == 0 ? std::error_code() : reason_of(error);
}

}  // namespace

asio::awaitable<Stream> connect(asio::any_io_executor executor, asio::ip::tcp::endpoint to, ConnectOptions options) {
    const std::shared_ptr<Waiter> waiter = begin_to_connect(executor, to, options);
    const Waiter::Reason reason = co_await waiter->wait(Waiter::For::write, options.timeout);
    const std::error_code error = outcome_of(*waiter, reason);
    if (error) throw std::system_error(error, "connect");
    co_return Stream(std::move(waiter->socket()));
}

struct ConnectionRace::State {
    State(asio::any_io_executor own_executor, std::vector<asio::ip::tcp::endpoint> addresses, ConnectOptions wishes)
        : executor(std::move(own_executor)),
          to(std::move(addresses)),
          options(wishes),
          race(to.size(), options.next_after),
          trying(to.size()),
          alarm(executor) {}

    void fail(std::size_t which, std::error_code reason) {
        connection.failures.push_back({to[which], reason});
        race.failed();
    }
    void win(std::size_t which, Waiter& waiter) {
        connection.stream.emplace(std::move(waiter.socket()));
        connection.to = to[which];
        for (std::size_t i = 0; i < which; ++i) {
            if (trying[i]) connection.overtaken.push_back(to[i]);
        }
        race.connected();
        give_up();
    }
    void give_up() {
        for (std::shared_ptr<Waiter>& waiter : trying) {
            if (waiter) std::exchange(waiter, nullptr)->close();
        }
    }

    asio::any_io_executor executor;
    std::vector<asio::ip::tcp::endpoint> to;
    ConnectOptions options;
    Race race;
    std::vector<std::shared_ptr<Waiter>> trying;  // by address
    asio::steady_timer alarm;                     // for the next to begin, or for what has happened
    bool interrupted = false;
    Connection connection;
};

ConnectionRace::ConnectionRace(asio::any_io_executor executor, std::vector<asio::ip::tcp::endpoint> to,
                               ConnectOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(to), options)) {}

asio::awaitable<Connection> ConnectionRace::run() {
    const std::shared_ptr<State> state = state_;
    for (;;) {
        while (const std::optional<std::size_t> which = state->race.begin(Race::Time::clock::now()))
            begin(state, *which);
        if (state->race.is_over() || state->interrupted) break;
        state->alarm.expires_at(state->race.next_at().value_or(Race::Time::max()));
        asio::error_code ignored;
        co_await state->alarm.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    state->give_up();
    co_return std::move(state->connection);
}

void ConnectionRace::interrupt() {
    state_->interrupted = true;
    state_->alarm.cancel();
}

void ConnectionRace::begin(const std::shared_ptr<State>& state, std::size_t which) {
    try {
        state->trying[which] = begin_to_connect(state->executor, state->to[which], state->options);
    } catch (const std::system_error& error) {
        state->fail(which, error.code());
        return;
    }
    spawn("connect", state->executor, await_answer(state, which));
}

asio::awaitable<void> ConnectionRace::await_answer(std::shared_ptr<State> state, std::size_t which) {
    const std::shared_ptr<Waiter> waiter = state->trying[which];
    if (!waiter) co_return;  // another was first
    const Waiter::Reason reason = co_await waiter->wait(Waiter::For::write, state->options.timeout);
    if (!state->trying[which]) co_return;  // the same, and it is closed
    state->trying[which] = nullptr;
    const std::error_code error = outcome_of(*waiter, reason);
    if (error) {
        state->fail(which, error);
    } else {
        state->win(which, *waiter);
    }
    state->alarm.cancel();
}

}  // namespace net
