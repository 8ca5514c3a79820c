// A leaky bucket for each network, in a bounded table ordered by the latest guess.
#include "server/auth/name_guesses.h"

#include <algorithm>

namespace server::auth {

namespace {

constexpr double forgiven_per_doubling = 5;

}  // namespace

std::size_t NameGuessCount::Hash::operator()(const AddressOctets& address) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.data()), address.size()});
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
    Entry& entry = touch(client_network(octets), now);
    entry.level += 1;
    const Time answer = std::max(now, entry.answered) + delay_of(entry);
    const auto wait = std::chrono::ceil<std::chrono::seconds>(answer - now);
    if (wait > options_.waiting_most) return std::nullopt;
    entry.answered = answer;
    return wait;
}

std::chrono::seconds NameGuessCount::delay_of(const Entry& entry) const {
    // A bit less is enough: some of the level has always leaked away since the first one.
    const double beyond = entry.level - options_.at_once - 0.5;
    if (beyond < 0) return std::chrono::seconds(0);
    const int doublings = std::min(static_cast<int>(beyond / forgiven_per_doubling), 16);
    return std::min(options_.delay_most, options_.delay * (1 << doublings));
}

NameGuessCount::Entry& NameGuessCount::touch(const AddressOctets& network, Time now) {
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
    entry.level = std::max(0.0, entry.level - passed * std::max<std::uint32_t>(1, options_.at_once));
    entry.updated = now;
    return entry;
}

asio::awaitable<bool> NameGuesses::wrong_name(std::string address) {
    const std::optional<std::chrono::seconds> wait = count_.count(address);
    if (wait && wait->count() > 0) co_await delays_.wait(*wait);
    co_return wait.has_value();
}

}  // namespace server::auth
