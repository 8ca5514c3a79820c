// Starting coroutines (spawn.h).
#include "protocols/net/spawn.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

namespace net {
namespace {

using Sink = std::function<void(const std::string&, const std::string&)>;

Sink& sink() {
    static Sink instance;
    return instance;
}

void report(const std::string& name, const std::string& what) {
    if (sink()) sink()(name, what);
}

asio::awaitable<void> guarded(std::string name, asio::any_io_executor executor, asio::awaitable<void> coroutine) {
    try {
        // Asio starts a coroutine inside the call that spawns it; ours start after that call.
        co_await asio::post(executor, asio::use_awaitable);
        co_await std::move(coroutine);
    } catch (const std::exception& escaped) {
        report(name, escaped.what());
    } catch (...) {
        report(name, "an exception of unknown type");
    }
}

}  // namespace

void on_escaped_exception(Sink heard_by) { sink() = std::move(heard_by); }

void spawn(std::string name, const asio::any_io_executor& executor, asio::awaitable<void> coroutine) {
    asio::co_spawn(executor, guarded(std::move(name), executor, std::move(coroutine)), asio::detached);
}

}  // namespace net
