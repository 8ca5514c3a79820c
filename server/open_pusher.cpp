#include "server/open_pusher.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "protocols/sasl/scram_keys.h"
#include "server/queue/destinations.h"

namespace server {
namespace {

asio::awaitable<void> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<dns::Answer<asio::ip::address>> addresses_of(dns::Resolver& resolver, std::string host,
                                                             std::string party) {
    dns::Answer<asio::ip::address> answer = co_await resolver.addresses({std::move(party)}, std::move(host));
    co_return answer;
}

}  // namespace

std::unique_ptr<push::Pusher> open_pusher(const Config& config, storage::Store& store, services::EventLog& log,
                                          https::Fetcher& fetcher, dns::Resolver& resolver,
                                          std::function<std::int64_t()> now) {
    push::Services services{.store = store,
                            .log = log,
                            .fetcher = fetcher,
                            .addresses =
                                [&resolver](std::string host, std::string party) {
                                    return addresses_of(resolver, std::move(host), std::move(party));
                                },
                            .may_push_to =
                                [networks = config.push.networks](const asio::ip::address& address) {
                                    return queue::is_public(address) ||
                                           auth::any_contains(networks, address.to_string());
                                },
                            .now = std::move(now),
                            .random_octets = sasl::random_octets,
                            .pause = pause};
    return std::make_unique<push::Pusher>(
        std::move(services),
        push::Options{.contact = "mailto:postmaster@" + hostname_of(config), .trusted = config.tls.trusted.native()});
}

}  // namespace server
