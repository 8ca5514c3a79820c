// Changes reported during a check lead to one more check for all of them.
#include "server/doors/login_watch.h"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocols/net/spawn.h"
#include "storage/accounts.h"
#include "storage/app_passwords.h"
#include "storage/open_sessions.h"
#include "storage/store_await.h"

namespace server {

namespace {

constexpr std::chrono::seconds wait_after_failed_look{1};

}  // namespace

struct LoginWatch::State {
    storage::Store& store;
    AccountConnectionLimit& connections;
    services::EventLog& log;
    std::string holder;
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
            std::set<storage::AccountId> accounts = std::exchange(state->waiting, {});
            try {
                co_await state->look_once(accounts);
            } catch (const std::exception& error) {
                trouble = error.what();
                state->waiting.merge(accounts);  // or sessions with the old password would live on
            }
            if (trouble.empty()) continue;
            state->log.write(services::Level::error, "house", "", "log-ins-not-checked", {{"reason", trouble}});
            asio::steady_timer pause(state->executor, wait_after_failed_look);
            co_await pause.async_wait(asio::use_awaitable);
        }
        state->looking = false;
    }

    // Throws if the store cannot be read.
    asio::awaitable<void> look_once(const std::set<storage::AccountId>& changed) {
        const bool all = changed.contains(storage::AccountId{});
        std::vector<storage::AccountId> accounts = connections.accounts();
        if (!all) std::erase_if(accounts, [&](storage::AccountId account) { return !changed.contains(account); });
        if (accounts.empty()) co_return;
        storage::Query<std::vector<storage::AccountGeneration>> query = storage::credential_generations(accounts);
        const storage::Result<std::vector<storage::AccountGeneration>> present = co_await store.read(std::move(query));
        if (!present) throw std::runtime_error(present.error().text);
        storage::Query<std::vector<std::string>> wishes = storage::sessions_to_end(holder);
        const storage::Result<std::vector<std::string>> ids = co_await store.read(std::move(wishes));
        if (!ids) throw std::runtime_error(ids.error().text);
        storage::Query<std::vector<storage::AppPasswordId>> removed =
            storage::missing_app_passwords(connections.app_passwords(accounts));
        const storage::Result<std::vector<storage::AppPasswordId>> gone = co_await store.read(std::move(removed));
        if (!gone) throw std::runtime_error(gone.error().text);
        const std::size_t told = connections.log_out_outdated(accounts, *present) + connections.log_out_sessions(*ids) +
                                 connections.log_out_app_passwords(*gone);
        if (told != 0) log.write(services::Level::info, "house", "", "logged-out", {{"sessions", told}});
    }
};

LoginWatch::LoginWatch(storage::Store& store, AccountConnectionLimit& connections, services::EventLog& log,
                       std::string holder)
    : state_(std::make_shared<State>(store, connections, log, std::move(holder))) {}

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
