// Recipients that do not exist: the more a network has named lately, the longer the answers take, over all its
// sessions. Of many addresses those around count, too: what an address is answered at once, for it has named few,
// counts for its /24 (IPv6: its /56 and then its /48), which have many times as much. So one neighbour uses up little
// of it. Pure, except for a lock: the clock is passed in. NameGuesses waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/locking/mutex.h"
#include "protocols/services/name_guesses.h"
#include "server/auth/delays.h"
#include "server/auth/networks.h"

namespace server::auth {

struct NameGuessOptions {
    std::uint32_t at_once = 10;                              // so many are answered without delay
    std::chrono::seconds window = std::chrono::minutes(30);  // in which as many are gradually forgotten
    std::chrono::seconds delay{1};                           // of the next; doubled with every fifth
    std::chrono::seconds delay_most{15};
    std::chrono::seconds waiting_most{60};  // for one answer: those of one network come one after the other
    std::size_t networks = 50'000;          // remembered, wide ones too; the least recent are forgotten first
};

// Thread-safe.
class NameGuessCount {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    explicit NameGuessCount(const NameGuessOptions& options, Clock clock = std::chrono::steady_clock::now);

    // How long the answer to a wrong name from this textual address takes; nullopt: longer than anyone may wait. Zero
    // for this machine.
    std::optional<std::chrono::seconds> count(std::string_view address);
    void configure(const NameGuessOptions& options);

  private:
    using Time = std::chrono::steady_clock::time_point;
    struct Entry {
        AddressOctets network{};
        double level = 0;  // wrong names, reduced with time
        Time updated{};
        Time answered{};  // when the last of its answers goes out
    };
    // A network, and how many times as much as a single client it may name.
    struct Share {
        AddressOctets network{};
        double times = 1;
    };
    static std::vector<Share> shares_of(const AddressOctets& address);

    Entry& touch(const Share& share, Time now) REQUIRES(mutex_);
    std::chrono::seconds delay_of(const Entry& entry, double times) const REQUIRES(mutex_);

    const Clock clock_;
    locking::Mutex mutex_;
    NameGuessOptions options_ GUARDED_BY(mutex_);
    std::list<Entry> entries_ GUARDED_BY(mutex_);  // latest first
    std::unordered_map<AddressOctets, std::list<Entry>::iterator, AddressHash> by_network_ GUARDED_BY(mutex_);
};

// Thread-safe: one for all protocols.
class NameGuesses : public services::NameGuesses {
  public:
    explicit NameGuesses(const NameGuessOptions& options) : count_(options) {}
    asio::awaitable<bool> wrong_name(std::string address) override;
    void configure(const NameGuessOptions& options) { count_.configure(options); }
    // Ends all waits, present and future.
    void end_delays() { delays_.end(); }

  private:
    NameGuessCount count_;
    Delays delays_;
};

}  // namespace server::auth
