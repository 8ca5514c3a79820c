// A chore: one server on a store does it.
#include "server/zone/key_keeper.h"

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "server/zone/dkim_keys.h"
#include "storage/chores.h"
#include "storage/store_await.h"

namespace server::zone {

namespace {

constexpr const char* chore = "dkim-keys";
constexpr std::int64_t lease = 600;  // seconds
constexpr std::chrono::minutes interval{10};

template <class T>
T value_or_throw(storage::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text);
    return std::move(*result);
}

}  // namespace

KeyKeeper::KeyKeeper(storage::Store& store, services::EventLog& log, net::WorkerPool& compute, std::string holder,
                     Clock now)
    : store_(store), log_(log), compute_(compute), holder_(std::move(holder)), now_(std::move(now)) {}

asio::awaitable<std::chrono::seconds> KeyKeeper::look_after() {
    const std::int64_t now = now_();
    storage::Operation<bool> take = storage::take_chore(chore, holder_, now, now + lease);
    const bool taken = value_or_throw(co_await store_.write(std::move(take)));
    if (!taken) co_return interval;
    const std::vector<std::string> domains = value_or_throw(co_await store_.read(storage::domains_without_dkim_key()));
    for (const std::string& domain : domains) co_await make_first_key(domain);
    storage::Operation<std::monostate> end =
        storage::end_chore(chore, holder_, now_() + interval / std::chrono::seconds(1));
    value_or_throw(co_await store_.write(std::move(end)));
    co_return interval;
}

asio::awaitable<void> KeyKeeper::make_first_key(std::string domain) {
    const std::vector<storage::DkimKey> withdrawn =
        value_or_throw(co_await store_.read(storage::list_dkim_keys(domain)));
    const auto key = std::make_shared<storage::DkimKey>();
    net::WorkerPool::Slice make = [key, domain, withdrawn, now = now_()] {
        *key = new_dkim_key(domain, storage::DkimAlgorithm::rsa, withdrawn, now);
        return false;
    };
    co_await compute_.complete({"dkim"}, std::move(make));
    key->state = storage::DkimState::signing;
    const storage::Result<std::monostate> added = co_await store_.write(storage::add_first_dkim_key(*key));
    if (!added) co_return;  // the domain is gone, or a command was quicker
    log_.write(services::Level::info, "dkim", "", "key-made", {{"domain", domain}, {"selector", key->selector}});
}

}  // namespace server::zone
