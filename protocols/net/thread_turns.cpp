// Turns are handed out by one function that is posted behind everything that is ready on the thread.
#include "protocols/net/thread_turns.h"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <span>
#include <utility>

namespace net {
namespace {

constexpr std::chrono::milliseconds time_of_a_slice{2};

// The first octets, and behind all of them what they are.
std::uint64_t packed(std::span<const std::uint8_t> octets, std::uint8_t kind) {
    std::uint64_t value = 0;
    for (const std::uint8_t octet : octets) value = value << 8 | octet;
    return value << 8 | kind;
}

}  // namespace

asio::execution_context::id ThreadTurns::id;

ThreadTurns& ThreadTurns::of(const asio::any_io_executor& executor) {
    return asio::use_service<ThreadTurns>(asio::query(executor, asio::execution::context));
}

ThreadTurns::Party ThreadTurns::Party::account(std::int64_t account) {
    return Party(static_cast<std::uint64_t>(account) << 8);
}

ThreadTurns::Party ThreadTurns::Party::network(const asio::ip::address& client) {
    if (client.is_v4()) {
        const asio::ip::address_v4::bytes_type octets = client.to_v4().to_bytes();
        return Party(packed(std::span(octets).first(3), 4));
    }
    if (client.to_v6().is_v4_mapped()) return network(asio::ip::make_address_v4(asio::ip::v4_mapped, client.to_v6()));
    const asio::ip::address_v6::bytes_type octets = client.to_v6().to_bytes();
    return Party(packed(std::span(octets).first(7), 6));
}

void ThreadTurns::wait(Party party, std::move_only_function<void()> go_on) {
    waiting_.push(party, std::move(go_on));
    if (!is_posted_) post_next();
}

asio::awaitable<void> ThreadTurns::give_way(Party party) {
    ThreadTurns& turns = of(co_await asio::this_coro::executor);
    auto initiate = [&turns, party](auto handler) { turns.wait(party, std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
}

void ThreadTurns::post_next() {
    is_posted_ = true;
    asio::post(static_cast<asio::io_context&>(context()), [this] { next(); });
}

// Called again behind all that is ready by now, which may take long: so cheap steps share a slice. Who comes back has
// no second turn in it.
void ThreadTurns::next() {
    const auto end = std::chrono::steady_clock::now() + time_of_a_slice;
    for (std::size_t left = waiting_.size(); left > 0; --left) {
        auto [party, go_on] = waiting_.take();
        go_on();
        waiting_.done(party);
        if (std::chrono::steady_clock::now() >= end) break;
    }
    is_posted_ = false;
    if (!waiting_.empty()) post_next();
}

void ThreadTurns::shutdown() noexcept { const Waiting dropped = std::exchange(waiting_, Waiting()); }

}  // namespace net
