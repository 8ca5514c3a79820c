// Failed log-ins: answers get slower, then the client's address is banned for a while (server/README.md "Identity"). No
// one can lock an account by guessing its password. Pure, except for a lock: the clock is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/locking/mutex.h"
#include "server/auth/networks.h"

namespace server::auth {

struct ThrottleOptions {
    std::uint32_t failures = 30;                             // this many different ones ban an address
    std::chrono::seconds window = std::chrono::minutes(30);  // in which they are gradually forgotten
    std::chrono::seconds shut_out = std::chrono::minutes(15);
    std::chrono::seconds delay{1};  // before the answer to a failure; doubled with every third one
    std::chrono::seconds delay_most{15};
    std::size_t addresses = 50'000;         // remembered; the least recent are forgotten first
    std::vector<AddressOctets> gateways{};  // never banned: all clients may be behind one. Answers do get slower
};

// Thread-safe.
class Throttle {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    explicit Throttle(const ThrottleOptions& options, Clock clock = std::chrono::steady_clock::now);

    // How long the address is still banned; nullopt if it is not.
    std::optional<std::chrono::seconds> shut_out(std::string_view address);

    struct Verdict {
        std::chrono::seconds delay{};  // before the answer
        bool shut_out = false;         // the address is banned from now on
    };
    // `proof` identifies the attempt (user and password, hashed with a secret). A mail program that tries one wrong
    // password in three ways, or a phone that repeats an old one for days, counts as one failure (CLIENTS.md
    // Thunderbird log-in). nullopt: the password is not known (SCRAM).
    Verdict failed(std::string_view address, std::optional<std::uint64_t> proof);

    // Forgets an address's failures, after its ban was lifted early.
    void forget(std::string_view address);
    // True for a gateway, which is never banned.
    bool is_exempt(std::string_view address);

    void configure(const ThrottleOptions& options);

  private:
    static constexpr std::size_t proofs_kept = 8;
    struct Entry {
        AddressOctets address{};
        double level = 0;  // failures, reduced with time
        std::chrono::steady_clock::time_point updated{};
        std::chrono::steady_clock::time_point shut_until{};
        std::array<std::uint64_t, proofs_kept> proofs{};  // the latest ones, a ring
        std::size_t next_proof = 0;
    };
    struct Hash {
        std::size_t operator()(const AddressOctets& address) const noexcept;
    };

    bool is_gateway(const AddressOctets& address) const REQUIRES(mutex_);
    Entry& touch(const AddressOctets& address) REQUIRES(mutex_);
    void forget_some(Entry& entry, std::chrono::steady_clock::time_point now) const REQUIRES(mutex_);

    const Clock clock_;
    locking::Mutex mutex_;
    ThrottleOptions options_ GUARDED_BY(mutex_);
    std::list<Entry> entries_ GUARDED_BY(mutex_);  // latest failure first
    std::unordered_map<AddressOctets, std::list<Entry>::iterator, Hash> by_address_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
