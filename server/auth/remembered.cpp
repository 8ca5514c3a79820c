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
    right_ = {};
    wrong_ = {};
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

void RememberedPasswords::Table::drop_last() {
    by_digest.erase(entries.back().digest);
    entries.pop_back();
}

void RememberedPasswords::Table::put(Entry entry, std::size_t most) {
    if (const auto found = by_digest.find(entry.digest); found != by_digest.end()) {
        entries.erase(found->second);
        by_digest.erase(found);
    }
    while (!entries.empty() && entries.size() >= most) drop_last();
    if (most == 0) return;
    entries.push_front(std::move(entry));
    by_digest.emplace(entries.front().digest, entries.begin());
}

bool RememberedPasswords::knows(std::string_view name, std::string_view stored_hash, std::string_view password) {
    const std::string digest = digest_of(name, stored_hash, password);
    const locking::Lock lock(mutex_);
    const auto found = right_.by_digest.find(digest);
    return found != right_.by_digest.end() && found->second->expires > clock_();
}

void RememberedPasswords::remember(std::string_view name, std::string_view stored_hash, std::string_view password) {
    std::string digest = digest_of(name, stored_hash, password);
    const locking::Lock lock(mutex_);
    const auto now = clock_();
    while (!right_.entries.empty() && right_.entries.back().expires <= now) right_.drop_last();
    if (lifetime_ > lifetime_.zero()) right_.put({std::move(digest), now + lifetime_}, most_);
}

bool RememberedPasswords::knows_wrong(std::string_view name, std::string_view stored_hash, std::string_view password) {
    const std::string digest = digest_of(name, stored_hash, password);
    const locking::Lock lock(mutex_);
    const auto found = wrong_.by_digest.find(digest);
    if (found == wrong_.by_digest.end()) return false;
    wrong_.entries.splice(wrong_.entries.begin(), wrong_.entries, found->second);
    return true;
}

void RememberedPasswords::remember_wrong(std::string_view name, std::string_view stored_hash,
                                         std::string_view password) {
    std::string digest = digest_of(name, stored_hash, password);
    const locking::Lock lock(mutex_);
    wrong_.put({std::move(digest), {}}, most_);
}

}  // namespace server::auth
