// HMAC-SHA-256 with a key that exists only in this process; a bounded list in order of expiry.
#include "server/auth/remembered.h"

#include <cstdint>
#include <cstring>

#include "protocols/sasl/scram_keys.h"

namespace server::auth {

namespace {

// Each part with its length, so that different lists never give the same octets.
void append_part(std::string& octets, std::string_view part) {
    octets += std::to_string(part.size());
    octets += ':';
    octets += part;
}

}  // namespace

RememberedPasswords::RememberedPasswords(std::chrono::seconds lifetime, std::size_t most, Clock clock)
    : key_(sasl::random_octets(32)), clock_(std::move(clock)), lifetime_(lifetime), most_(most) {}

void RememberedPasswords::configure(std::chrono::seconds lifetime, std::size_t most) {
    const locking::Lock lock(mutex_);
    lifetime_ = lifetime;
    most_ = most;
    entries_.clear();
    by_digest_.clear();
}

std::string RememberedPasswords::digest_of(std::string_view name, std::string_view stored_hash,
                                           std::string_view password) const {
    std::string octets;
    for (const std::string_view part : {name, stored_hash, password}) append_part(octets, part);
    return sasl::hmac_sha256(key_, octets);
}

std::uint64_t RememberedPasswords::proof_of(std::string_view name, std::string_view password) const {
    const std::string digest = digest_of(name, "", password);
    std::uint64_t proof = 0;
    std::memcpy(&proof, digest.data(), sizeof proof);
    return proof;
}

bool RememberedPasswords::knows(std::string_view name, std::string_view stored_hash, std::string_view password) {
    const std::string digest = digest_of(name, stored_hash, password);
    const locking::Lock lock(mutex_);
    const auto found = by_digest_.find(digest);
    return found != by_digest_.end() && found->second->expires > clock_();
}

void RememberedPasswords::remember(std::string_view name, std::string_view stored_hash, std::string_view password) {
    std::string digest = digest_of(name, stored_hash, password);
    const locking::Lock lock(mutex_);
    const auto now = clock_();
    if (const auto found = by_digest_.find(digest); found != by_digest_.end()) {
        entries_.erase(found->second);
        by_digest_.erase(found);
    }
    while (!entries_.empty() && (entries_.size() >= most_ || entries_.back().expires <= now)) {
        by_digest_.erase(entries_.back().digest);
        entries_.pop_back();
    }
    if (most_ == 0 || lifetime_ <= lifetime_.zero()) return;
    entries_.push_front({digest, now + lifetime_});
    by_digest_.emplace(std::move(digest), entries_.begin());
}

}  // namespace server::auth
