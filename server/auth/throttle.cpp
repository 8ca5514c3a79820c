// A leaky bucket for each address, in a bounded table ordered by the latest failure.
#include "server/auth/throttle.h"

#include <algorithm>
#include <cmath>

namespace server::auth {

namespace {

// What an attempt that was not judged counts.
constexpr double part_of_failure = 0.25;

AddressOctets octets_of(std::string_view address) { return parse_address(address).value_or(AddressOctets{}); }

}  // namespace

Throttle::Throttle(const ThrottleOptions& options, Clock clock) : clock_(std::move(clock)), options_(options) {}

void Throttle::configure(const ThrottleOptions& options) {
    const locking::Lock lock(mutex_);
    options_ = options;
}

std::optional<std::chrono::seconds> Throttle::shut_out(std::string_view address) {
    const AddressOctets octets = octets_of(address);
    const locking::Lock lock(mutex_);
    const Entry* entry = is_gateway(octets) ? nullptr : find(client_network(octets));
    if (entry == nullptr) return std::nullopt;
    const auto left = entry->shut_until - clock_();
    if (left <= left.zero()) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(left);
}

bool Throttle::reserve(std::string_view address) {
    const AddressOctets octets = octets_of(address);
    const locking::Lock lock(mutex_);
    const auto now = clock_();
    Entry& entry = touch(client_network(octets));
    forget_some(entry, now);
    if (!is_gateway(octets)) {
        if (entry.shut_until > now) return false;
        if (entry.reserved != 0 && entry.level + entry.reserved > options_.failures - 0.5) return false;
    }
    ++entry.reserved;
    return true;
}

void Throttle::release(std::string_view address) {
    const locking::Lock lock(mutex_);
    const AddressOctets network = client_network(octets_of(address));
    Entry* entry = find(network);
    if (entry == nullptr || entry->reserved == 0) return;  // it was forgotten meanwhile
    // An address without failures must not take the place of one with some.
    if (--entry->reserved == 0 && entry->level <= 0 && entry->shut_until < clock_()) drop(network);
}

std::chrono::seconds Throttle::delay(std::string_view address) {
    const locking::Lock lock(mutex_);
    Entry* entry = find(client_network(octets_of(address)));
    if (entry == nullptr) return delay_of(Entry{});
    forget_some(*entry, clock_());
    return delay_of(*entry);
}

bool Throttle::take_owed_ban(std::string_view address) {
    const locking::Lock lock(mutex_);
    Entry* entry = find(client_network(octets_of(address)));
    if (entry == nullptr || entry->ban != Entry::Ban::owed) return false;
    entry->ban = Entry::Ban::being_stored;
    return true;
}

void Throttle::ban_stored(std::string_view address) {
    const locking::Lock lock(mutex_);
    Entry* entry = find(client_network(octets_of(address)));
    if (entry != nullptr) entry->ban = Entry::Ban::none;
}

bool Throttle::ban_pending(std::string_view address) {
    const locking::Lock lock(mutex_);
    const Entry* entry = find(client_network(octets_of(address)));
    return entry != nullptr && entry->ban != Entry::Ban::none && entry->shut_until > clock_();
}

Throttle::Verdict Throttle::failed(std::string_view address, std::optional<std::uint64_t> proof) {
    const locking::Lock lock(mutex_);
    return count(octets_of(address), proof);
}

Throttle::Verdict Throttle::given_up(std::string_view address, std::uint64_t account) {
    const AddressOctets octets = octets_of(address);
    const locking::Lock lock(mutex_);
    const Verdict verdict = count(octets, std::nullopt);
    Entry& entry = touch(client_network(octets));
    auto* found = std::ranges::find(entry.given_up, account, &GivenUp::account);
    if (found == entry.given_up.end()) {
        found = &entry.given_up[entry.next_given_up++ % given_up_kept];
        *found = {.account = account};
    }
    ++found->attempts;
    return verdict;
}

void Throttle::forgive(std::string_view address, std::uint64_t account) {
    const locking::Lock lock(mutex_);
    Entry* entry = find(client_network(octets_of(address)));
    if (entry == nullptr) return;
    auto* found = std::ranges::find(entry->given_up, account, &GivenUp::account);
    if (found == entry->given_up.end()) return;
    entry->level = std::max(0.0, entry->level - found->attempts);
    *found = {};
}

void Throttle::not_judged(std::string_view address) {
    const locking::Lock lock(mutex_);
    Entry& entry = touch(client_network(octets_of(address)));
    forget_some(entry, clock_());
    const double most = options_.failures / 2.0;
    if (entry.level < most) entry.level = std::min(most, entry.level + part_of_failure);
}

Throttle::Verdict Throttle::count(const AddressOctets& octets, std::optional<std::uint64_t> proof) {
    const auto now = clock_();
    Entry& entry = touch(client_network(octets));
    forget_some(entry, now);

    const bool again = proof && std::ranges::find(entry.proofs, *proof) != entry.proofs.end();
    if (!again) {
        entry.level += 1;
        if (proof) entry.proofs[entry.next_proof++ % proofs_kept] = *proof;
    }
    Verdict verdict{.delay = delay_of(entry), .counted = !again};
    // A bit less than `failures` is enough: some of the level has always leaked away since the first one.
    if (!again && !is_gateway(octets) && entry.level > options_.failures - 0.5 && options_.failures != 0) {
        entry.shut_until = now + options_.shut_out;
        verdict.shut_out = true;
        entry.ban = Entry::Ban::owed;
    }
    return verdict;
}

void Throttle::forget(std::string_view address) {
    const locking::Lock lock(mutex_);
    drop(client_network(octets_of(address)));
}

void Throttle::drop(const AddressOctets& network) {
    const auto found = by_address_.find(network);
    if (found == by_address_.end()) return;
    entries_.erase(found->second);
    by_address_.erase(found);
}

bool Throttle::is_exempt(std::string_view address) {
    const AddressOctets octets = octets_of(address);
    const locking::Lock lock(mutex_);
    return is_gateway(octets);
}

bool Throttle::is_gateway(const AddressOctets& address) const {
    return std::ranges::find(options_.gateways, address) != options_.gateways.end();
}

Throttle::Entry* Throttle::find(const AddressOctets& address) {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? nullptr : &*found->second;
}

// Doubled with every third failure.
std::chrono::seconds Throttle::delay_of(const Entry& entry) const {
    const int doublings = std::clamp(static_cast<int>((entry.level - 0.5) / 3), 0, 16);
    return std::min(options_.delay_most, options_.delay * (1 << doublings));
}

Throttle::Entry& Throttle::touch(const AddressOctets& address) {
    const auto found = by_address_.find(address);
    if (found != by_address_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return entries_.front();
    }
    if (!entries_.empty() && entries_.size() >= options_.addresses) {
        by_address_.erase(entries_.back().address);
        entries_.pop_back();
    }
    entries_.push_front({});
    entries_.front().address = address;
    by_address_[address] = entries_.begin();
    return entries_.front();
}

void Throttle::forget_some(Entry& entry, std::chrono::steady_clock::time_point now) const {
    using Seconds = std::chrono::duration<double>;
    const double window = std::max(1.0, Seconds(options_.window).count());
    const double passed = entry.updated == decltype(entry.updated){} ? window : Seconds(now - entry.updated).count();
    entry.level = std::max(0.0, entry.level - passed / window * options_.failures);
    entry.updated = now;
}

}  // namespace server::auth
