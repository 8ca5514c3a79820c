// Failed log-ins: answers get slower, then the address they come from is shut out for a while (server/README.md
// "Identity"). Nobody can lock an account by guessing at it. Pure but for a lock: the clock is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/auth/networks.h"

namespace server::auth {

struct ThrottleOptions {
    std::uint32_t failures = 30;                             // so many different ones shut an address out
    std::chrono::seconds window = std::chrono::minutes(30);  // in which they are forgotten, bit by bit
    std::chrono::seconds shut_out = std::chrono::minutes(15);
    std::chrono::seconds delay{1};  // before the answer to a failure; doubled with every third one
    std::chrono::seconds delay_most{15};
    std::size_t addresses = 50'000;         // kept in mind; the longest quiet are forgotten first
    std::vector<AddressOctets> gateways{};  // never shut out: all clients may be behind one. Answers get slower, though
};

// Thread-safe.
class Throttle {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    explicit Throttle(const ThrottleOptions& options, Clock clock = std::chrono::steady_clock::now);

    // How long the address stays shut out; nothing if it is not.
    std::optional<std::chrono::seconds> shut_out(std::string_view address);

    struct Verdict {
        std::chrono::seconds delay{};  // wait so long before the answer
        bool shut_out = false;         // this failure was one too many
    };
    // `proof` identifies what was tried (user and password, hashed with a secret). A mail program that tries one wrong
    // password in three ways, or a phone that repeats an old one for days, counts as one failure (CLIENTS.md
    // Thunderbird log-in). Nothing: it cannot be told what was tried.
    Verdict failed(std::string_view address, std::optional<std::uint64_t> proof);

    // Forgets what failed there, when a shut-out was lifted before its time.
    void forget(std::string_view address);
    // True for a gateway, which is never shut out.
    bool is_exempt(std::string_view address);

    void configure(const ThrottleOptions& options);

  private:
    static constexpr std::size_t proofs_kept = 8;
    struct Entry {
        AddressOctets address{};
        double level = 0;  // failures that are not forgotten yet
        std::chrono::steady_clock::time_point updated{};
        std::chrono::steady_clock::time_point shut_until{};
        std::array<std::uint64_t, proofs_kept> proofs{};  // the latest, overwritten in turn
        std::size_t next_proof = 0;
    };
    struct Hash {
        std::size_t operator()(const AddressOctets& address) const noexcept;
    };

    bool is_gateway(const AddressOctets& address) const;
    Entry& touch(const AddressOctets& address);
    void forget_some(Entry& entry, std::chrono::steady_clock::time_point now) const;

    std::mutex mutex_;
    ThrottleOptions options_;
    Clock clock_;
    std::list<Entry> entries_;  // latest failure first
    std::unordered_map<AddressOctets, std::list<Entry>::iterator, Hash> by_address_;
};

}  // namespace server::auth
