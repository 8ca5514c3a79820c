// Limits the number of connections: in all, where half is divided among the doors, so that none shuts the others; and
// from one address. protocols/README.md "Network". Clients on this machine (127.0.0.1, ::1) are exempt. Pure, except
// for a lock. server/budget decides what they may hold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/locking/mutex.h"
#include "server/auth/networks.h"
#include "server/budget/budgets.h"

namespace server {

struct AdmissionLimits {
    std::uint32_t connections = 10'000;
    std::uint32_t connections_per_address = 100;  // IPv6: per /64
    bool is_shared = true;                        // by all doors of mail, each with a part of its own
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
        Ticket(Admission& admission, std::optional<auth::AddressOctets> network, budget::Share share)
            : admission_(&admission), network_(network), share_(share) {}
        Admission* admission_;
        std::optional<auth::AddressOctets> network_;  // empty: exempt
        budget::Share share_;
    };
    enum class Limit { connections, connections_per_address };
    struct Admitted {
        std::optional<Ticket> ticket;
        Limit over{};  // if there is no ticket
    };
    Admitted admit(std::string_view address, budget::Share share);
    Admitted admit(std::string_view address) { return admit(address, {}); }  // if one door has these limits alone

    std::size_t connections() const;

  private:
    struct Hash {
        std::size_t operator()(const auth::AddressOctets& address) const noexcept;
    };
    bool is_full(budget::Share share) const REQUIRES(mutex_);
    void give_back(const std::optional<auth::AddressOctets>& network, budget::Share share);

    mutable locking::Mutex mutex_;
    AdmissionLimits limits_ GUARDED_BY(mutex_);
    // Without exempt ones:
    std::array<std::size_t, budget::mail_shares> by_share_ GUARDED_BY(mutex_){};
    std::unordered_map<auth::AddressOctets, std::uint32_t, Hash> by_network_ GUARDED_BY(mutex_);
};

// The text sent to a rejected client.
std::string_view reason_of(Admission::Limit limit);

}  // namespace server
