// Binding and accepting (listener.h). When the process runs out of descriptors the loop pauses: accepting again at once
// would fail again, and meanwhile the connection waits in the kernel's queue.
#include "protocols/net/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "protocols/net/spawn.h"

namespace net {
namespace {

using asio::ip::tcp;

constexpr std::chrono::milliseconds pause_after_trouble{200};
constexpr std::chrono::milliseconds longest_accepting{2};  // before others on the thread have their turn

[[noreturn]] void fail_with_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::string words(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
    return host + ":" + std::to_string(endpoint.port());
}

void set_flag(int descriptor, int level, int option, bool value) {
    const int number = value ? 1 : 0;
    setsockopt(descriptor, level, option, &number, sizeof number);
}

}  // namespace

ListeningSocket::ListeningSocket(const tcp::endpoint& endpoint, const ListenOptions& options)
    : descriptor_(socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      backlog_(options.backlog) {
    std::string what = "listen on " + words(endpoint);
    if (descriptor_ < 0) fail_with_errno(what);
    set_flag(descriptor_, SOL_SOCKET, SO_REUSEADDR, true);
    if (endpoint.address().is_v6()) set_flag(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only);
    const bool bound = bind(descriptor_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0;
    if (bound && (!options.at_once || ::listen(descriptor_, backlog_) == 0)) return;
    const int error = errno;
    ::close(std::exchange(descriptor_, -1));
    if (error == EACCES) what += " (ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE)";
    errno = error;
    fail_with_errno(what);
}

ListeningSocket::ListeningSocket(int listening_descriptor) : descriptor_(listening_descriptor) {}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), backlog_(other.backlog_) {}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(backlog_, other.backlog_);
    return *this;
}

ListeningSocket::~ListeningSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void ListeningSocket::listen() {
    if (::listen(descriptor_, backlog_) != 0) fail_with_errno("listen on " + words(local()));
}

tcp::endpoint ListeningSocket::local() const {
    tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    if (getsockname(descriptor_, endpoint.data(), &size) != 0) fail_with_errno("getsockname");
    endpoint.resize(size);
    return endpoint;
}

int ListeningSocket::release() { return std::exchange(descriptor_, -1); }

namespace {

// Moves an accepted socket from the listener's loop to its own. Accepting directly onto another loop is not safe: a
// pending accept would not survive that loop's end.
tcp::socket move_to(const asio::any_io_executor& loop, tcp::socket socket) {
    if (socket.get_executor() == loop) return socket;
    const tcp protocol = socket.local_endpoint().protocol();
    return tcp::socket(loop, protocol, socket.release());
}

}  // namespace

struct Listener::State {
    State(const asio::any_io_executor& loop, ListeningSocket socket, Callbacks calls)
        : local(socket.local()), acceptor(loop), callbacks(std::move(calls)), pause(loop) {
        acceptor.assign(local.protocol(), socket.release());
    }

    static asio::awaitable<void> accept(std::shared_ptr<State> state);
    std::error_code accept_some();

    tcp::endpoint local;
    tcp::acceptor acceptor;
    Callbacks callbacks;
    asio::steady_timer pause;
    bool stopped = false;  // on the loop's thread
};

asio::awaitable<void> Listener::State::accept(std::shared_ptr<State> state) {
    state->acceptor.non_blocking(true);
    while (!state->stopped) {
        std::error_code error;
        co_await state->acceptor.async_wait(tcp::acceptor::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (state->stopped) co_return;
        if (!error) error = state->accept_some();
        if (!error) continue;
        if (state->callbacks.trouble)
            state->callbacks.trouble("accept on " + words(state->local) + ": " + error.message());
        state->pause.expires_after(pause_after_trouble);
        co_await state->pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
}

// Many at once, or thousands that connect would be in front of the next one for as many turns of a busy loop. Returns
// what prevents more.
std::error_code Listener::State::accept_some() {
    const auto end = std::chrono::steady_clock::now() + longest_accepting;
    do {
        std::error_code error;
        tcp::socket socket = acceptor.accept(error);
        if (error == asio::error::would_block || error == asio::error::try_again) break;
        // A client that left before we accepted it is not an error (accept(2)).
        if (error == asio::error::connection_aborted) continue;
        if (error) return error;
        callbacks.accepted(move_to(callbacks.next(), std::move(socket)));
    } while (std::chrono::steady_clock::now() < end);
    return {};
}

Listener::Listener(asio::any_io_executor loop, ListeningSocket socket, Callbacks callbacks)
    : state_(std::make_shared<State>(loop, std::move(socket), std::move(callbacks))) {
    asio::any_io_executor executor = std::move(loop);
    spawn("accept " + words(state_->local), executor, State::accept(state_));
}

Listener::~Listener() { stop(); }

void Listener::stop() {
    asio::post(state_->acceptor.get_executor(), [state = state_] {
        state->stopped = true;
        std::error_code ignored;
        static_cast<void>(state->acceptor.close(ignored));
        state->pause.cancel();
    });
}

const tcp::endpoint& Listener::local() const { return state_->local; }

}  // namespace net
