// Attempts that are being judged: each counts against its address before it is judged, so that a hundred at once are a
// hundred. An address has only as many under way as it has failures left; the others wait until those are judged, so
// that many right passwords at once pass, too. The throttle (throttle.h) counts.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "protocols/locking/mutex.h"
#include "server/auth/networks.h"
#include "server/auth/throttle.h"

namespace server::auth {

// Thread-safe. Must outlive its waits and its reservations.
class Reservations {
  public:
    // waiting: how many attempts of one address may wait.
    Reservations(Throttle& throttle, std::size_t waiting) : throttle_(throttle), waiting_most_(waiting) {}

    // Ends with it: the attempt is judged, or given up.
    class Reservation {
      public:
        Reservation(Reservations& owner, std::string address) : owner_(&owner), address_(std::move(address)) {}
        Reservation(Reservation&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), address_(std::move(other.address_)) {}
        Reservation& operator=(Reservation&&) = delete;
        ~Reservation() {
            if (owner_ != nullptr) owner_->end(address_);
        }

      private:
        Reservations* owner_;
        std::string address_;
    };

    // Waits for the attempt's turn, on a single-threaded executor; nullopt if too many of this address wait already, it
    // has waited for `patience`, or end_waits() was called.
    asio::awaitable<std::optional<Reservation>> reserve(std::string address, std::chrono::seconds patience);
    // Ends all waits, present and future. From any thread.
    void end_waits();

  private:
    using Timer = std::shared_ptr<asio::steady_timer>;
    // Stands in the line of an address; leaves it even if its coroutine is destroyed.
    class Place;
    void end(const std::string& address);

    Throttle& throttle_;
    const std::size_t waiting_most_;
    locking::Mutex mutex_;
    bool ended_ GUARDED_BY(mutex_) = false;
    std::unordered_map<AddressOctets, std::deque<Timer>, AddressHash> lines_ GUARDED_BY(mutex_);
};

}  // namespace server::auth
