// connect.h on a non-blocking socket: the result is known when the socket becomes writable (connect(2)).
#include "protocols/net/connect.h"

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "protocols/net/waiter.h"

namespace net {
namespace {

[[noreturn]] void fail(int error) { throw std::system_error(error, std::generic_category(), "connect"); }

}  // namespace

asio::awaitable<Stream> connect(asio::any_io_executor executor, asio::ip::tcp::endpoint to, ConnectOptions options) {
    asio::ip::tcp::socket socket(executor);
    socket.open(to.protocol());
    socket.native_non_blocking(true);
    if (options.source && options.source->is_v6() == to.address().is_v6()) {
        socket.bind(asio::ip::tcp::endpoint(*options.source, 0));
    }
    const auto waiter = std::make_shared<Waiter>(std::move(socket));
    const int descriptor = waiter->socket().native_handle();
    if (::connect(descriptor, to.data(), static_cast<socklen_t>(to.size())) != 0) {
        if (errno != EINPROGRESS && errno != EINTR) fail(errno);
        const Waiter::Reason reason = co_await waiter->wait(Waiter::For::write, options.timeout);
        int error = reason == Waiter::Reason::deadline ? ETIMEDOUT : 0;
        socklen_t size = sizeof error;
        if (error == 0) getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            waiter->close();  // ends the wait that keeps it alive
            fail(error);
        }
    }
    co_return Stream(std::move(waiter->socket()));
}

}  // namespace net
