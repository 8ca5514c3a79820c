// Subscriptions and their callbacks. A callback runs under a lock of its own, so that ending a subscription waits only
// for its own callback.
#include "storage/feed.h"

#include <algorithm>
#include <utility>

#include "protocols/locking/mutex.h"

namespace storage {

struct Subscription::Entry {
    Entry(std::weak_ptr<Feed> of, AccountId watched, std::function<void(const Change&)> call)
        : feed(std::move(of)), account(watched), callback(std::move(call)) {}

    const std::weak_ptr<Feed> feed;
    const AccountId account;
    locking::Mutex mutex;                                           // held while the callback runs
    std::function<void(const Change&)> callback GUARDED_BY(mutex);  // empty: ended
};

namespace {

// Keys that are no account's id.
constexpr AccountId queue_key{};
constexpr AccountId any_account_key{-1};

}  // namespace

Subscription::Subscription(Subscription&&) noexcept = default;

Subscription& Subscription::operator=(Subscription&& other) noexcept {
    Subscription ended;
    std::swap(ended.entry_, entry_);
    std::swap(entry_, other.entry_);
    return *this;
}

Subscription::~Subscription() {
    if (!entry_) return;
    if (const std::shared_ptr<Feed> feed = entry_->feed.lock()) feed->remove(entry_);
    const locking::Lock lock(entry_->mutex);
    entry_->callback = nullptr;
}

Subscription Feed::subscribe(AccountId account, std::function<void(const Change&)> callback) {
    return add(account, std::move(callback));
}

Subscription Feed::subscribe_accounts(std::function<void(AccountId)> callback) {
    return add(any_account_key, [callback = std::move(callback)](const Change& change) { callback(change.account); });
}

Subscription Feed::subscribe_queue(std::function<void()> callback) {
    return add(queue_key, [callback = std::move(callback)](const Change&) { callback(); });
}

Subscription Feed::add(AccountId account, std::function<void(const Change&)> callback) {
    auto entry = std::make_shared<Subscription::Entry>(weak_from_this(), account, std::move(callback));
    const locking::Lock lock(mutex_);
    accounts_[account].push_back(entry);
    Subscription subscription;
    subscription.entry_ = std::move(entry);
    return subscription;
}

void Feed::remove(const EntryPointer& entry) {
    const locking::Lock lock(mutex_);
    auto found = accounts_.find(entry->account);
    if (found == accounts_.end()) return;
    std::erase(found->second, entry);
    if (found->second.empty()) accounts_.erase(found);
}

void Feed::publish(const engine::Batch::Announcements& announcements) {
    if (announcements.changes.empty() && !announcements.queue_changed) return;
    std::vector<std::pair<EntryPointer, Change>> calls;
    {
        const locking::Lock lock(mutex_);
        const auto call = [&](const std::vector<EntryPointer>& entries, const Change& change) {
            for (const EntryPointer& entry : entries) calls.emplace_back(entry, change);
        };
        for (const Change& change : announcements.changes) {
            if (change.mailbox.value == 0) {
                if (auto any = accounts_.find(any_account_key); any != accounts_.end()) call(any->second, change);
            }
            if (change.account.value != 0) {
                if (auto found = accounts_.find(change.account); found != accounts_.end()) call(found->second, change);
                continue;
            }
            for (const auto& [account, entries] : accounts_) {
                if (account.value > 0) call(entries, {account, {}, {}});
            }
        }
        if (announcements.queue_changed) {
            if (auto found = accounts_.find(queue_key); found != accounts_.end()) call(found->second, {});
        }
    }
    for (const auto& [entry, change] : calls) {
        const locking::Lock lock(entry->mutex);
        if (entry->callback) entry->callback(change);
    }
}

}  // namespace storage
