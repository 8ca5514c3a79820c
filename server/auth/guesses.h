// Failed log-ins at one account, from wherever they come: when there are many, log-ins to it from strange networks get
// slower. Nobody is locked out, and networks from which the account has logged in before are not slowed down
// (storage/known_networks.h). throttle.h counts the failures of one address. Pure, except for a lock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

#include "protocols/locking/mutex.h"

namespace server::auth {

struct GuessOptions {
    std::uint32_t failures = 30;                             // this many do not slow down anything
    std::chrono::seconds window = std::chrono::minutes(30);  // in which they are gradually forgotten
    std::chrono::seconds delay{1};                           // of the first log-in that is slowed; doubled with every
    std::chrono::seconds delay_most{15};                     // third failure
    std::size_t accounts = 50'000;                           // remembered; the least recent are forgotten first
};

// Thread-safe. Accounts are numbers made of their names, whether these exist or not.
class Guesses {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    explicit Guesses(const GuessOptions& options, Clock clock = std::chrono::steady_clock::now)
        : clock_(std::move(clock)), options_(options) {}

    // How long a stranger's log-in waits before it is judged.
    std::chrono::seconds delay(std::uint64_t account);
    // Counts a stranger's failure; true: from now on strangers are slowed down.
    bool failed(std::uint64_t account);

    void configure(const GuessOptions& options);

  private:
    struct Entry {
        std::uint64_t account = 0;
        double level = 0;  // failures, reduced with time
        std::chrono::steady_clock::time_point updated{};
    };
    void forget_some(Entry& entry) const REQUIRES(mutex_);
    std::chrono::seconds delay_of(const Entry& entry) const REQUIRES(mutex_);
    Entry& touch(std::uint64_t account) REQUIRES(mutex_);

    const Clock clock_;
    locking::Mutex mutex_;
    GuessOptions options_ GUARDED_BY(mutex_);
    std::list<Entry> entries_ GUARDED_BY(mutex_);  // latest failure first
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_account_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
