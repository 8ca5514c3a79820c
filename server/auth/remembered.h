// Passwords that were verified a few minutes ago, as keyed hashes in memory: clients that reconnect often cost no
// argon2id. The stored hash is part of what is hashed, so changed credentials match nothing that was remembered.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace server::auth {

// Thread-safe.
class RememberedPasswords {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    RememberedPasswords(std::chrono::seconds lifetime, std::size_t most, Clock clock = std::chrono::steady_clock::now);

    // A password of the account `name` whose credentials are stored as `stored_hash`.
    bool knows(std::string_view name, std::string_view stored_hash, std::string_view password);
    void remember(std::string_view name, std::string_view stored_hash, std::string_view password);

    // 64 bits of the keyed hash of what was tried: names a failure for the throttle, and tells nothing.
    std::uint64_t proof_of(std::string_view name, std::string_view password) const;

    void configure(std::chrono::seconds lifetime, std::size_t most);

  private:
    struct Entry {
        std::string digest;
        std::chrono::steady_clock::time_point expires;
    };
    std::string digest_of(std::string_view name, std::string_view stored_hash, std::string_view password) const;

    const std::string key_;  // of this process
    std::mutex mutex_;
    std::chrono::seconds lifetime_;
    std::size_t most_;
    Clock clock_;
    std::list<Entry> entries_;  // soonest to expire last
    std::unordered_map<std::string, std::list<Entry>::iterator> by_digest_;
};

}  // namespace server::auth
