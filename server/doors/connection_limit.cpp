// A list of connections for each account that has any, with a lock that is held for a few instructions.
#include "server/doors/connection_limit.h"

#include <algorithm>
#include <asio/post.hpp>
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
    const services::Identity& identity, net::Stream& stream) {
    auto log_out = [executor = stream.executor(), interrupt = stream.interrupter()] {
        asio::post(executor, [interrupt] { interrupt(net::Interrupted::Cause::logged_out); });
    };
    return take(identity, stream.remote().address().to_string(), std::move(log_out), stream.allowance());
}

storage::Result<std::unique_ptr<services::ConnectionSlot>> AccountConnectionLimit::take(
    const services::Identity& identity, const std::string& address, std::function<void()> log_out,
    std::shared_ptr<net::Allowance> allowance) {
    const auto octets = auth::parse_address(address);
    const bool counted = !octets || !auth::is_this_machine(*octets);
    const locking::Lock lock(mutex_);
    Account& account = by_account_[identity.account];
    if (counted && account.counted >= limit_) {
        if (account.connections.empty()) by_account_.erase(identity.account);
        return storage::refuse(storage::Reason::too_many,
                               "Too many connections for this account: close a mail program, or try again later");
    }
    account.connections.push_back({identity.generation, counted, std::move(log_out)});
    if (counted) ++account.counted;
    if (identity.read_at <= changed_at_ && doubt_) doubt_(identity.account);
    return std::make_unique<Slot>(*this, identity.account, std::prev(account.connections.end()), std::move(allowance));
}

void AccountConnectionLimit::give_back(storage::AccountId account, Connections::iterator connection) {
    const locking::Lock lock(mutex_);
    const auto found = by_account_.find(account);
    if (connection->counted) --found->second.counted;
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
