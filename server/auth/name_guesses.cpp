// A leaky bucket for each network, in a bounded table ordered by the latest guess.
#include "server/auth/name_guesses.h"

#include <algorithm>

namespace server::auth {

namespace {

constexpr double forgiven_per_doubling = 5;
constexpr double widening = 16;       // a /24 or /56 may name as much as so many clients
constexpr double most_widening = 64;  // a /48

}  // namespace

std::vector<NameGuessCount::Share> NameGuessCount::shares_of(const AddressOctets& address) {
    std::vector<Share> shares{{client_network(address), 1}};
    for (const AddressOctets& network : wider_networks(address))
        shares.push_back({network, shares.size() == 1 ? widening : most_widening});
    return shares;
}

NameGuessCount::NameGuessCount(const NameGuessOptions& options, Clock clock)
    : clock_(std::move(clock)), options_(options) {}

void NameGuessCount::configure(const NameGuessOptions& options) {
    const locking::Lock lock(mutex_);
    options_ = options;
}

std::optional<std::chrono::seconds> NameGuessCount::count(std::string_view address) {
    const AddressOctets octets = parse_address(address).value_or(AddressOctets{});
    if (is_this_machine(octets)) return std::chrono::seconds(0);
    const locking::Lock lock(mutex_);
    const Time now = clock_();
    for (const Share& share : shares_of(octets)) {
        Entry& entry = touch(share, now);
        entry.level += 1;
        const std::chrono::seconds delay = delay_of(entry, share.times);
        if (delay.count() == 0 && entry.answered <= now) continue;
        const Time answer = std::max(now, entry.answered) + delay;
        const auto wait = std::chrono::ceil<std::chrono::seconds>(answer - now);
        if (wait > options_.waiting_most) return std::nullopt;
        entry.answered = answer;
        return wait;
    }
    return std::chrono::seconds(0);
}

std::chrono::seconds NameGuessCount::delay_of(const Entry& entry, double times) const {
    // A bit less is enough: some of the level has always leaked away since the first one.
    const double beyond = entry.level - options_.at_once * times - 0.5;
    if (beyond < 0) return std::chrono::seconds(0);
    const int doublings = std::min(static_cast<int>(beyond / (forgiven_per_doubling * times)), 16);
    return std::min(options_.delay_most, options_.delay * (1 << doublings));
}

NameGuessCount::Entry& NameGuessCount::touch(const Share& share, Time now) {
    const AddressOctets& network = share.network;
    const auto found = by_network_.find(network);
    if (found == by_network_.end()) {
        if (!entries_.empty() && entries_.size() >= options_.networks) {
            by_network_.erase(entries_.back().network);
            entries_.pop_back();
        }
        entries_.push_front({.network = network, .level = 0, .updated = now, .answered = now});
        by_network_[network] = entries_.begin();
        return entries_.front();
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    Entry& entry = entries_.front();
    using Seconds = std::chrono::duration<double>;
    const double passed = Seconds(now - entry.updated).count() / std::max(1.0, Seconds(options_.window).count());
    entry.level = std::max(0.0, entry.level - passed * std::max<std::uint32_t>(1, options_.at_once) * share.times);
    entry.updated = now;
    return entry;
}

asio::awaitable<bool> NameGuesses::wrong_name(std::string address) {
    const std::optional<std::chrono::seconds> wait = count_.count(address);
    if (wait && wait->count() > 0) co_await delays_.wait(*wait);
    co_return wait.has_value();
}

}  // namespace server::auth
