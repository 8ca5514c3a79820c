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

    // Reserves one of the failures that the address has left, until release(); false: all are reserved, or it is
    // banned. One attempt at a time is always possible.
    bool reserve(std::string_view address);
    void release(std::string_view address);

    struct Verdict {
        std::chrono::seconds delay{};  // before the answer
        bool shut_out = false;         // the address is banned from now on
        bool counted = false;          // it was a failure of its own
    };
    // `proof` identifies the attempt (user and password, hashed with a secret). A mail program that tries one wrong
    // password in three ways, or a phone that repeats an old one for days, counts as one failure (CLIENTS.md
    // Thunderbird log-in). nullopt: the password is not known (SCRAM).
    Verdict failed(std::string_view address, std::optional<std::uint64_t> proof);

    // Counts an attempt that was given up in the midst; once the same client has logged in to the account after all, as
    // some do by another mechanism (CLIENTS.md 33), it is forgiven.
    Verdict given_up(std::string_view address, std::uint64_t account);
    void forgive(std::string_view address, std::uint64_t account);

    // Counts an attempt for which there was no room to judge it, a little: it slows the address down, but never bans
    // it.
    void not_judged(std::string_view address);

    // The delay of the answer to the next failure, without counting any.
    std::chrono::seconds delay(std::string_view address);

    // A ban is to be stored by whoever takes it, and is pending until that has been done.
    bool take_owed_ban(std::string_view address);
    void ban_stored(std::string_view address);
    bool ban_pending(std::string_view address);

    // Forgets an address's failures, after its ban was lifted early.
    void forget(std::string_view address);
    // True for a gateway, which is never banned.
    bool is_exempt(std::string_view address);

    void configure(const ThrottleOptions& options);

  private:
    static constexpr std::size_t proofs_kept = 8;
    static constexpr std::size_t given_up_kept = 4;
    struct GivenUp {
        std::uint64_t account = 0;
        std::uint32_t attempts = 0;
    };
    struct Entry {
        AddressOctets address{};
        double level = 0;  // failures, reduced with time
        std::chrono::steady_clock::time_point updated{};
        std::chrono::steady_clock::time_point shut_until{};
        std::uint32_t reserved = 0;  // attempts that are being judged
        enum class Ban : std::uint8_t { none, owed, being_stored } ban = Ban::none;
        std::array<std::uint64_t, proofs_kept> proofs{};  // the latest ones, a ring
        std::size_t next_proof = 0;
        std::array<GivenUp, given_up_kept> given_up{};  // at the latest accounts, a ring
        std::size_t next_given_up = 0;
    };

    bool is_gateway(const AddressOctets& address) const REQUIRES(mutex_);
    Entry& touch(const AddressOctets& address) REQUIRES(mutex_);
    Entry* find(const AddressOctets& address) REQUIRES(mutex_);
    void drop(const AddressOctets& network) REQUIRES(mutex_);
    std::chrono::seconds delay_of(const Entry& entry) const REQUIRES(mutex_);
    Verdict count(const AddressOctets& address, std::optional<std::uint64_t> proof) REQUIRES(mutex_);
    void forget_some(Entry& entry, std::chrono::steady_clock::time_point now) const REQUIRES(mutex_);

    const Clock clock_;
    locking::Mutex mutex_;
    ThrottleOptions options_ GUARDED_BY(mutex_);
    std::list<Entry> entries_ GUARDED_BY(mutex_);  // latest failure first
    std::unordered_map<AddressOctets, std::list<Entry>::iterator, AddressHash> by_address_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
