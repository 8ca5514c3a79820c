// Passwords verified in the last few minutes, as keyed hashes in memory: clients that reconnect often cost no argon2id.
// The stored hash is part of the hashed text, so a changed password no longer matches.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocols/locking/mutex.h"

namespace server::auth {

// Thread-safe.
class RememberedPasswords {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    RememberedPasswords(std::chrono::seconds lifetime, std::size_t most, Clock clock = std::chrono::steady_clock::now);

    // Whether this password of account `name`, with credentials `stored_hash`, was verified lately.
    bool knows(std::string_view name, std::string_view stored_hash, std::string_view password);
    void remember(std::string_view name, std::string_view stored_hash, std::string_view password);

    // 64 bits of the keyed hash of an attempt: identifies it for the throttle without revealing the password.
    std::uint64_t proof_of(std::string_view name, std::string_view password) const;

    void configure(std::chrono::seconds lifetime, std::size_t most);

  private:
    struct Entry {
        std::string digest;
        std::chrono::steady_clock::time_point expires;
    };
    std::string digest_of(std::string_view name, std::string_view stored_hash, std::string_view password) const;

    const std::string key_;  // of this process only
    const Clock clock_;
    locking::Mutex mutex_;
    std::chrono::seconds lifetime_ GUARDED_BY(mutex_);
    std::size_t most_ GUARDED_BY(mutex_);
    std::list<Entry> entries_ GUARDED_BY(mutex_);  // the first to expire comes last
    std::unordered_map<std::string, std::list<Entry>::iterator> by_digest_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
