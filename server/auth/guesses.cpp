// A leaky bucket for each account, in a bounded table ordered by the latest failure.
#include "server/auth/guesses.h"

#include <algorithm>

namespace server::auth {

void Guesses::configure(const GuessOptions& options) {
    const locking::Lock lock(mutex_);
    options_ = options;
}

std::chrono::seconds Guesses::delay(std::uint64_t account) {
    const locking::Lock lock(mutex_);
    const auto found = by_account_.find(account);
    if (found == by_account_.end()) return std::chrono::seconds(0);
    forget_some(*found->second);
    return delay_of(*found->second);
}

bool Guesses::failed(std::uint64_t account) {
    const locking::Lock lock(mutex_);
    Entry& entry = touch(account);
    forget_some(entry);
    const bool slow = delay_of(entry).count() != 0;
    entry.level += 1;
    return !slow && delay_of(entry).count() != 0;
}

// A bit less than `failures` is enough: some of the level has always leaked away since the first one.
std::chrono::seconds Guesses::delay_of(const Entry& entry) const {
    const double over = entry.level - options_.failures + 0.5;
    if (over <= 0) return std::chrono::seconds(0);
    const int doublings = std::clamp(static_cast<int>(over / 3), 0, 16);
    return std::min(options_.delay_most, options_.delay * (1 << doublings));
}

Guesses::Entry& Guesses::touch(std::uint64_t account) {
    if (const auto found = by_account_.find(account); found != by_account_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return entries_.front();
    }
    if (!entries_.empty() && entries_.size() >= options_.accounts) {
        by_account_.erase(entries_.back().account);
        entries_.pop_back();
    }
    entries_.push_front({.account = account, .updated = clock_()});
    by_account_[account] = entries_.begin();
    return entries_.front();
}

void Guesses::forget_some(Entry& entry) const {
    using Seconds = std::chrono::duration<double>;
    const auto now = clock_();
    const double window = std::max(1.0, Seconds(options_.window).count());
    entry.level = std::max(0.0, entry.level - Seconds(now - entry.updated).count() / window * options_.failures);
    entry.updated = now;
}

}  // namespace server::auth
