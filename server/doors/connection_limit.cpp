// A counter for each account that has a connection, behind a lock held for a few instructions.
#include "server/doors/connection_limit.h"

#include "server/auth/networks.h"

namespace server {

class AccountConnectionLimit::Slot : public services::ConnectionSlot {
  public:
    Slot(AccountConnectionLimit& limit, storage::AccountId account) : limit_(limit), account_(account) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() override { limit_.give_back(account_); }

  private:
    AccountConnectionLimit& limit_;
    storage::AccountId account_;
};

void AccountConnectionLimit::configure(std::uint32_t connections_per_account) {
    const std::lock_guard lock(mutex_);
    limit_ = connections_per_account;
}

storage::Result<std::unique_ptr<services::ConnectionSlot>> AccountConnectionLimit::take(storage::AccountId account,
                                                                                        const std::string& address) {
    const auto octets = auth::parse_address(address);
    if (octets && auth::is_this_machine(*octets)) return nullptr;
    const std::lock_guard lock(mutex_);
    std::uint32_t& here = by_account_[account];
    if (here >= limit_) {
        if (here == 0) by_account_.erase(account);
        return storage::refuse(storage::Reason::too_many,
                               "Too many connections for this account: close a mail program, or try again later");
    }
    auto slot = std::make_unique<Slot>(*this, account);
    ++here;
    return slot;
}

void AccountConnectionLimit::give_back(storage::AccountId account) {
    const std::lock_guard lock(mutex_);
    const auto found = by_account_.find(account);
    if (--found->second == 0) by_account_.erase(found);
}

std::size_t AccountConnectionLimit::taken(storage::AccountId account) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_account_.find(account);
    return found == by_account_.end() ? 0 : found->second;
}

}  // namespace server
