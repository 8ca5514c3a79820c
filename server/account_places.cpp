// A counter for each account that has a connection, behind a lock held for a few instructions.
#include "server/account_places.h"

#include "server/auth/networks.h"

namespace server {

class AccountPlaces::Taken : public services::Place {
  public:
    Taken(AccountPlaces& places, storage::AccountId account) : places_(places), account_(account) {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() override { places_.give_back(account_); }

  private:
    AccountPlaces& places_;
    storage::AccountId account_;
};

void AccountPlaces::configure(std::uint32_t connections_per_account) {
    const std::lock_guard lock(mutex_);
    limit_ = connections_per_account;
}

storage::Result<std::unique_ptr<services::Place>> AccountPlaces::take(storage::AccountId account,
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
    auto place = std::make_unique<Taken>(*this, account);
    ++here;
    return place;
}

void AccountPlaces::give_back(storage::AccountId account) {
    const std::lock_guard lock(mutex_);
    const auto found = by_account_.find(account);
    if (--found->second == 0) by_account_.erase(found);
}

std::size_t AccountPlaces::taken(storage::AccountId account) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_account_.find(account);
    return found == by_account_.end() ? 0 : found->second;
}

}  // namespace server
