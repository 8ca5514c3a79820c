#include "server/zone/publisher.h"

#include <asio/this_coro.hpp>
#include <utility>

#include "server/zone/tcp_exchange.h"

namespace server::zone {

namespace {

// The IDs of one call's messages lie beside each other.
constexpr std::uint16_t between_calls = 251;

}  // namespace

UpdatePublisher::UpdatePublisher(asio::ip::tcp::endpoint server, TsigKey key, UpdateServer::Clock now)
    : server_(std::move(server)), key_(std::move(key)), now_(std::move(now)) {}

asio::awaitable<Updated> UpdatePublisher::publish(Wishes wishes) { return update(std::move(wishes), false); }

asio::awaitable<Updated> UpdatePublisher::look(Wishes wishes) { return update(std::move(wishes), true); }

asio::awaitable<Updated> UpdatePublisher::update(Wishes wishes, bool only_look) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    TcpExchange exchange(executor, server_);
    id_ = static_cast<std::uint16_t>(id_ + between_calls);
    const auto send = [&exchange](std::string message) { return exchange.send(std::move(message)); };
    UpdateServer server(send, key_, now_, id_);
    Updated updated = co_await update_zones(server, wishes, only_look);
    co_return updated;
}

}  // namespace server::zone
