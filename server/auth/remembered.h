// Passwords that were checked lately, as keyed hashes in memory: clients that reconnect often cost no argon2id, nor do
// those that try a wrong one again and again. The stored hash is part of the hashed text, so after a change of the
// password nothing of it matches.
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
    // The same for passwords that were found wrong. These do not expire: more recent ones take their place.
    bool knows_wrong(std::string_view name, std::string_view stored_hash, std::string_view password);
    void remember_wrong(std::string_view name, std::string_view stored_hash, std::string_view password);

    // 64 bits of the keyed hash of an attempt: identifies it for the throttle without revealing the password.
    std::uint64_t proof_of(std::string_view name, std::string_view password) const;

    void configure(std::chrono::seconds lifetime, std::size_t most);

  private:
    struct Entry {
        std::string digest;
        std::chrono::steady_clock::time_point expires;
    };
    // Bounded; what came or was asked for last is first.
    struct Table {
        std::list<Entry> entries;
        std::unordered_map<std::string, std::list<Entry>::iterator> by_digest;

        void put(Entry entry, std::size_t most);
        void drop_last();
    };
    std::string digest_of(std::string_view name, std::string_view stored_hash, std::string_view password) const;

    const std::string key_;  // of this process only
    const Clock clock_;
    locking::Mutex mutex_;
    std::chrono::seconds lifetime_ GUARDED_BY(mutex_);
    std::size_t most_ GUARDED_BY(mutex_);
    Table right_ GUARDED_BY(mutex_);  // the first to expire comes last
    Table wrong_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
