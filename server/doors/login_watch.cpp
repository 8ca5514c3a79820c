// Changes reported during a check lead to one more check for all of them.
#include "server/doors/login_watch.h"

#include <asio/post.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocols/net/spawn.h"
#include "storage/accounts.h"
#include "storage/store_await.h"

namespace server {

struct LoginWatch::State {
    storage::Store& store;
    AccountConnectionLimit& connections;
    services::EventLog& log;
    asio::any_io_executor executor{};
    bool looking = false;                  // this and the following only on the executor's thread
    std::set<storage::AccountId> waiting;  // to be checked; 0: all accounts with connections
    bool stopped = false;

    static void notice(const std::shared_ptr<State>& state, storage::AccountId account) {
        state->waiting.insert(account);
        if (!std::exchange(state->looking, true)) net::spawn("login-watch", state->executor, look(state));
    }

    static asio::awaitable<void> look(std::shared_ptr<State> state) {
        while (!state->waiting.empty() && !state->stopped) {
            std::string trouble;
            try {
                co_await state->look_once();
            } catch (const std::exception& error) {
                trouble = error.what();
            }
            if (!trouble.empty()) {
                state->log.write(services::Level::error, "house", "", "log-ins-not-checked", {{"reason", trouble}});
            }
        }
        state->looking = false;
    }

    asio::awaitable<void> look_once() {
        const bool all = waiting.contains(storage::AccountId{});
        const std::set<storage::AccountId> changed = std::exchange(waiting, {});
        std::vector<storage::AccountId> accounts = connections.accounts();
        if (!all) std::erase_if(accounts, [&](storage::AccountId account) { return !changed.contains(account); });
        if (accounts.empty()) co_return;
        storage::Query<std::vector<storage::AccountGeneration>> query = storage::credential_generations(accounts);
        const storage::Result<std::vector<storage::AccountGeneration>> present = co_await store.read(std::move(query));
        if (!present) co_return;
        const std::size_t told = connections.log_out_outdated(accounts, *present);
        if (told != 0) log.write(services::Level::info, "house", "", "logged-out", {{"sessions", told}});
    }
};

LoginWatch::LoginWatch(storage::Store& store, AccountConnectionLimit& connections, services::EventLog& log)
    : state_(std::make_shared<State>(store, connections, log)) {}

LoginWatch::~LoginWatch() = default;

void LoginWatch::start(const asio::any_io_executor& executor) {
    state_->executor = executor;
    const auto post = [weak = std::weak_ptr<State>(state_), executor](storage::AccountId account) {
        asio::post(executor, [weak, account] {
            const std::shared_ptr<State> state = weak.lock();
            if (state && !state->stopped) State::notice(state, account);
        });
    };
    state_->connections.on_doubt(post);
    subscription_ =
        state_->store.subscribe_accounts([post, &connections = state_->connections](storage::AccountId account) {
            connections.credentials_may_have_changed();
            post(account);
        });
}

void LoginWatch::stop() {
    subscription_ = {};
    state_->connections.on_doubt({});
    if (!state_->executor) return;
    asio::post(state_->executor, [state = state_] { state->stopped = true; });
}

}  // namespace server
