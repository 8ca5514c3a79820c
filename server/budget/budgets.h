// What all connections may hold together: memory, and disk for messages that are not complete. Those who have not
// logged in (strangers) share one budget, in which each door has a part that the others cannot take, and each address
// and network a limit; when it is used up, the network that holds most loses its oldest connection to one that holds
// less. Each account has a budget of its own. Doors admit connections here; streams and sessions ask by
// net/allowance.h. Clients on this machine (127.0.0.1, ::1) draw on it only once they have logged in.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "protocols/net/allowance.h"
#include "server/auth/networks.h"

namespace server::budget {

// Octets of each net::Resource.
inline constexpr std::size_t resources = 2;
using Amounts = std::array<std::uint64_t, resources>;

// Doors that take nothing from each other: each has a tenth for itself.
enum class Share : std::uint8_t { smtp, submission, imap, pop3, web };
inline constexpr std::size_t shares = 5;
inline constexpr std::size_t mail_shares = 4;  // the first ones

struct Limits {
    Amounts strangers{std::uint64_t{96} << 20, std::uint64_t{512} << 20};  // together
    Amounts account{std::uint64_t{128} << 20, std::uint64_t{512} << 20};   // each
    std::vector<auth::AddressOctets> gateways{};  // no limit as one address: all clients may be behind one
};

// Thread-safe. Allowances may outlive it.
class Budgets {
  public:
    using Clock = std::function<std::chrono::steady_clock::time_point()>;
    explicit Budgets(const Limits& limits, Clock clock = std::chrono::steady_clock::now);
    ~Budgets();

    // For a connection that begins and holds `octets` of memory, as long as its allowance exists. `crowd_out` is
    // called, once at most and from any thread, if it must end, since others need what it holds. nullptr: there is no
    // room.
    std::shared_ptr<net::Allowance> admit(std::string_view address, Share share, std::uint64_t octets,
                                          std::function<void()> crowd_out);

    void configure(const Limits& limits);
    // By all that have not logged in; by this account.
    Amounts held_by_strangers() const;
    Amounts held_by(std::int64_t account) const;

  private:
    struct State;
    class Connection;
    std::shared_ptr<State> state_;
};

}  // namespace server::budget
