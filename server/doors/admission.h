// Limits the number of connections: in all, and from one address. protocols/README.md "Network". Clients on this
// machine (127.0.0.1, ::1) are exempt. Pure, except for a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/locking/mutex.h"
#include "server/auth/networks.h"

namespace server {

struct AdmissionLimits {
    std::uint32_t connections = 10'000;
    std::uint32_t connections_per_address = 100;  // IPv6: per /64
    std::vector<auth::AddressOctets> gateways{};  // exempt from this: all clients may be behind one (CLIENTS.md 26)
};

// Thread-safe. Must outlive its tickets.
class Admission {
  public:
    explicit Admission(const AdmissionLimits& limits) : limits_(limits) {}
    void configure(const AdmissionLimits& limits);

    // Counts one connection; its destructor frees the place.
    class Ticket {
      public:
        Ticket(Ticket&& other) noexcept;
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();

      private:
        friend class Admission;
        Ticket(Admission& admission, std::optional<auth::AddressOctets> network)
            : admission_(&admission), network_(network) {}
        Admission* admission_;
        std::optional<auth::AddressOctets> network_;  // empty: exempt
    };
    enum class Limit { connections, connections_per_address };
    struct Admitted {
        std::optional<Ticket> ticket;
        Limit over{};  // if there is no ticket
    };
    Admitted admit(std::string_view address);

    std::size_t connections() const;

  private:
    struct Hash {
        std::size_t operator()(const auth::AddressOctets& address) const noexcept;
    };
    void give_back(const std::optional<auth::AddressOctets>& network);

    mutable locking::Mutex mutex_;
    AdmissionLimits limits_ GUARDED_BY(mutex_);
    std::size_t total_ GUARDED_BY(mutex_) = 0;  // without exempt ones
    std::unordered_map<auth::AddressOctets, std::uint32_t, Hash> by_network_ GUARDED_BY(mutex_);
};

// The text sent to a rejected client.
std::string_view reason_of(Admission::Limit limit);

}  // namespace server
