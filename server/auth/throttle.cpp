// A leaky bucket for each address, in a bounded table ordered by the latest failure.
#include "server/auth/throttle.h"

#include <algorithm>
#include <cmath>

namespace server::auth {

std::size_t Throttle::Hash::operator()(const AddressOctets& address) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.data()), address.size()});
}

Throttle::Throttle(const ThrottleOptions& options, Clock clock) : clock_(std::move(clock)), options_(options) {}

void Throttle::configure(const ThrottleOptions& options) {
    const locking::Lock lock(mutex_);
    options_ = options;
}

std::optional<std::chrono::seconds> Throttle::shut_out(std::string_view address) {
    const AddressOctets octets = parse_address(address).value_or(AddressOctets{});
    const AddressOctets network = client_network(octets);
    const locking::Lock lock(mutex_);
    if (is_gateway(octets)) return std::nullopt;
    const auto found = by_address_.find(network);
    if (found == by_address_.end()) return std::nullopt;
    const auto left = found->second->shut_until - clock_();
    if (left <= left.zero()) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(left);
}

Throttle::Verdict Throttle::failed(std::string_view address, std::optional<std::uint64_t> proof) {
    const AddressOctets octets = parse_address(address).value_or(AddressOctets{});
    const AddressOctets network = client_network(octets);
    const locking::Lock lock(mutex_);
    const auto now = clock_();
    Entry& entry = touch(network);
    forget_some(entry, now);

    const bool again = proof && std::ranges::find(entry.proofs, *proof) != entry.proofs.end();
    if (!again) {
        entry.level += 1;
        if (proof) entry.proofs[entry.next_proof++ % proofs_kept] = *proof;
    }
    Verdict verdict;
    const int doublings = std::clamp(static_cast<int>((entry.level - 0.5) / 3), 0, 16);
    verdict.delay = std::min(options_.delay_most, options_.delay * (1 << doublings));
    // A bit less than `failures` is enough: some of the level has always leaked away since the first one.
    if (!again && !is_gateway(octets) && entry.level > options_.failures - 0.5 && options_.failures != 0) {
        entry.shut_until = now + options_.shut_out;
        verdict.shut_out = true;
    }
    return verdict;
}

void Throttle::forget(std::string_view address) {
    const AddressOctets network = client_network(parse_address(address).value_or(AddressOctets{}));
    const locking::Lock lock(mutex_);
    const auto found = by_address_.find(network);
    if (found == by_address_.end()) return;
    entries_.erase(found->second);
    by_address_.erase(found);
}

bool Throttle::is_exempt(std::string_view address) {
    const AddressOctets octets = parse_address(address).value_or(AddressOctets{});
    const locking::Lock lock(mutex_);
    return is_gateway(octets);
}

bool Throttle::is_gateway(const AddressOctets& address) const {
    return std::ranges::find(options_.gateways, address) != options_.gateways.end();
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
