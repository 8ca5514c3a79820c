// Notices if all clients seem to come from one private address: then a gateway (Docker's bridge) or a proxy hides their
// addresses, and the administrator should know (CLIENTS.md 26). Clients on this machine do not count.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/locking/mutex.h"
#include "server/auth/networks.h"

namespace server {

// Thread-safe.
class HiddenClients {
  public:
    static constexpr std::uint32_t enough = 20;  // connections before a warning

    // Counts a connection. True once at most: when there were `enough`, all from this one address.
    bool tell(std::string_view address);

  private:
    locking::Mutex mutex_;
    std::optional<auth::AddressOctets> only_ GUARDED_BY(mutex_);  // the address of all so far
    std::uint32_t connections_ GUARDED_BY(mutex_) = 0;
    bool settled_ GUARDED_BY(mutex_) = false;  // warned, or found different addresses
};

}  // namespace server
