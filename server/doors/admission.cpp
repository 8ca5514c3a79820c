// Counters with a lock that is held for a few instructions.
#include "server/doors/admission.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace server {

std::size_t Admission::Hash::operator()(const auth::AddressOctets& address) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(address.data()), address.size()});
}

Admission::Ticket::Ticket(Ticket&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)), network_(other.network_), share_(other.share_) {}

Admission::Ticket::~Ticket() {
    if (admission_) admission_->give_back(network_, share_);
}

void Admission::configure(const AdmissionLimits& limits) {
    const locking::Lock lock(mutex_);
    limits_ = limits;
}

bool Admission::is_full(budget::Share share) const {
    const std::size_t own_part = limits_.is_shared ? limits_.connections / (2 * budget::mail_shares) : 0;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < budget::mail_shares; ++i) {
        const bool is_this = i == static_cast<std::size_t>(share);
        sum += std::max(by_share_[i] + (is_this ? 1 : 0), own_part);
    }
    return sum > limits_.connections;
}

Admission::Admitted Admission::admit(std::string_view address, budget::Share share) {
    const auto octets = auth::parse_address(address);
    if (octets && auth::is_this_machine(*octets)) return {Ticket(*this, std::nullopt, share), {}};
    const auth::AddressOctets network = auth::client_network(octets.value_or(auth::AddressOctets{}));
    const locking::Lock lock(mutex_);
    if (is_full(share)) return {std::nullopt, Limit::connections};
    const auto found = by_network_.find(network);
    const std::uint32_t here = found == by_network_.end() ? 0 : found->second;
    const bool one_client = !octets || std::ranges::find(limits_.gateways, *octets) == limits_.gateways.end();
    if (one_client && here >= limits_.connections_per_address) return {std::nullopt, Limit::connections_per_address};
    by_network_[network] = here + 1;
    ++by_share_[static_cast<std::size_t>(share)];
    return {Ticket(*this, network, share), {}};
}

void Admission::give_back(const std::optional<auth::AddressOctets>& network, budget::Share share) {
    if (!network) return;
    const locking::Lock lock(mutex_);
    --by_share_[static_cast<std::size_t>(share)];
    const auto found = by_network_.find(*network);
    if (--found->second == 0) by_network_.erase(found);
}

std::size_t Admission::connections() const {
    const locking::Lock lock(mutex_);
    return std::accumulate(by_share_.begin(), by_share_.end(), std::size_t{0});
}

std::string_view reason_of(Admission::Limit limit) {
    return limit == Admission::Limit::connections ? "too many connections, try again later"
                                                  : "too many connections from your address";
}

}  // namespace server
