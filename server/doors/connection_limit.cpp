// A list of connections for each account that has any, with a lock that is held for a few instructions.
#include "server/doors/connection_limit.h"

#include <algorithm>
#include <asio/post.hpp>
#include <set>
#include <utility>

#include "protocols/net/stream.h"
#include "server/auth/networks.h"

namespace server {

class AccountConnectionLimit::Slot : public services::ConnectionSlot {
  public:
    Slot(AccountConnectionLimit& limit, storage::AccountId account, Connections::iterator connection,
         std::shared_ptr<net::Allowance> allowance)
        : owner_(limit), account_(account), connection_(connection), allowance_(std::move(allowance)) {
        if (allowance_) allowance_->belong_to(account.value);
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() override {
        if (allowance_) allowance_->belong_to(0);
        owner_.give_back(account_, connection_);
    }

  private:
    AccountConnectionLimit& owner_;
    storage::AccountId account_;
    Connections::iterator connection_;
    std::shared_ptr<net::Allowance> allowance_;
};

void AccountConnectionLimit::configure(std::uint32_t connections_per_account) {
    const locking::Lock lock(mutex_);
    limit_ = connections_per_account;
}

storage::Result<std::unique_ptr<services::ConnectionSlot>> AccountConnectionLimit::take(
    const services::Identity& identity, net::Stream& stream, services::LoggedInSession session) {
    auto log_out = [executor = stream.executor(), interrupt = stream.interrupter()] {
        asio::post(executor, [interrupt] { interrupt(net::Interrupted::Cause::logged_out); });
    };
    return take(identity, stream.remote().address().to_string(), std::move(log_out), stream.allowance(),
                std::move(session));
}

storage::Result<std::unique_ptr<services::ConnectionSlot>> AccountConnectionLimit::take(
    const services::Identity& identity, const std::string& address, std::function<void()> log_out,
    std::shared_ptr<net::Allowance> allowance, services::LoggedInSession session) {
    const auto octets = auth::parse_address(address);
    const bool counted = !octets || !auth::is_this_machine(*octets);
    const locking::Lock lock(mutex_);
    Account& account = by_account_[identity.account];
    if (counted && account.counted >= limit_) {
        if (account.connections.empty()) by_account_.erase(identity.account);
        return storage::refuse(storage::Reason::too_many,
                               "Too many connections for this account: close a mail program, or try again later");
    }
    return add(identity, address, counted, std::move(log_out), std::move(allowance), std::move(session));
}

std::unique_ptr<services::ConnectionSlot> AccountConnectionLimit::add(const services::Identity& identity,
                                                                      const std::string& address, bool counted,
                                                                      std::function<void()> log_out,
                                                                      std::shared_ptr<net::Allowance> allowance,
                                                                      services::LoggedInSession session) {
    Account& account = by_account_[identity.account];
    account.connections.push_back(
        {identity.generation, counted, std::move(log_out), session.id, identity.app_password});
    over_.erase(session.id);  // it has logged out and in again (RFC 8437)
    begun_[session.id] = {.id = session.id,
                          .account = identity.account,
                          .door = std::move(session.door),
                          .address = address,
                          .since = clock_()};
    if (counted) ++account.counted;
    if (identity.read_at <= changed_at_ && doubt_) doubt_(identity.account);
    return std::make_unique<Slot>(*this, identity.account, std::prev(account.connections.end()), std::move(allowance));
}

void AccountConnectionLimit::give_back(storage::AccountId account, Connections::iterator connection) {
    const locking::Lock lock(mutex_);
    const auto found = by_account_.find(account);
    if (connection->counted) --found->second.counted;
    if (begun_.erase(connection->session) == 0) over_.insert(connection->session);
    found->second.connections.erase(connection);
    if (found->second.connections.empty()) by_account_.erase(found);
}

std::size_t AccountConnectionLimit::taken(storage::AccountId account) const {
    const locking::Lock lock(mutex_);
    const auto found = by_account_.find(account);
    return found == by_account_.end() ? 0 : found->second.counted;
}

void AccountConnectionLimit::credentials_may_have_changed() {
    const locking::Lock lock(mutex_);
    changed_at_ = std::chrono::steady_clock::now();
}

void AccountConnectionLimit::on_doubt(std::function<void(storage::AccountId)> doubt) {
    const locking::Lock lock(mutex_);
    doubt_ = std::move(doubt);
}

std::vector<storage::AccountId> AccountConnectionLimit::accounts() const {
    const locking::Lock lock(mutex_);
    std::vector<storage::AccountId> accounts;
    accounts.reserve(by_account_.size());
    for (const auto& [account, connections] : by_account_) accounts.push_back(account);
    return accounts;
}

AccountConnectionLimit::News AccountConnectionLimit::take_news() {
    const locking::Lock lock(mutex_);
    News news;
    for (auto& [id, session] : std::exchange(begun_, {})) news.begun.push_back(std::move(session));
    news.over.assign(over_.begin(), over_.end());
    over_.clear();
    return news;
}

void AccountConnectionLimit::give_back_news(News news) {
    const locking::Lock lock(mutex_);
    for (storage::OpenSession& session : news.begun) {
        if (over_.erase(session.id) == 0) begun_.try_emplace(session.id, std::move(session));
    }
    for (std::string& id : news.over) {
        if (!begun_.contains(id)) over_.insert(std::move(id));
    }
}

std::size_t AccountConnectionLimit::log_out_those(const std::function<bool(const Connection&)>& wanted) {
    std::size_t told = 0;
    for (auto& [account, held] : by_account_) {
        for (Connection& connection : held.connections) {
            if (!connection.log_out || !wanted(connection)) continue;
            std::exchange(connection.log_out, nullptr)();
            ++told;
        }
    }
    return told;
}

std::size_t AccountConnectionLimit::log_out_sessions(const std::vector<std::string>& ids) {
    const std::unordered_set<std::string> wanted(ids.begin(), ids.end());
    const locking::Lock lock(mutex_);
    return log_out_those([&](const Connection& one) { return wanted.contains(one.session); });
}

std::vector<storage::AppPasswordId> AccountConnectionLimit::app_passwords(
    const std::vector<storage::AccountId>& accounts) const {
    std::set<storage::AppPasswordId> used;
    const locking::Lock lock(mutex_);
    for (const storage::AccountId account : accounts) {
        const auto found = by_account_.find(account);
        if (found == by_account_.end()) continue;
        for (const Connection& one : found->second.connections)
            if (one.app_password.value != 0) used.insert(one.app_password);
    }
    return {used.begin(), used.end()};
}

std::size_t AccountConnectionLimit::log_out_app_passwords(const std::vector<storage::AppPasswordId>& gone) {
    if (gone.empty()) return 0;
    const std::set<storage::AppPasswordId> wanted(gone.begin(), gone.end());
    const locking::Lock lock(mutex_);
    return log_out_those([&](const Connection& one) { return wanted.contains(one.app_password); });
}

std::size_t AccountConnectionLimit::log_out_outdated(const std::vector<storage::AccountId>& asked,
                                                     const std::vector<storage::AccountGeneration>& present) {
    std::unordered_map<storage::AccountId, std::int64_t> generations;
    for (const storage::AccountGeneration& one : present) generations[one.account] = one.generation;
    std::size_t told = 0;
    const locking::Lock lock(mutex_);
    for (const storage::AccountId account : asked) {
        const auto found = by_account_.find(account);
        if (found == by_account_.end()) continue;
        const auto generation = generations.find(account);
        for (Connection& connection : found->second.connections) {
            // A connection that logged in after the question may have a newer generation than the answer.
            if (generation != generations.end() && connection.generation >= generation->second) continue;
            if (!connection.log_out) continue;
            std::exchange(connection.log_out, nullptr)();
            ++told;
        }
    }
    return told;
}

}  // namespace server
