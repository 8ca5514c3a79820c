// Notices when all clients seem to come from one private address: then a gateway (Docker's bridge) or a proxy hides who
// they are, and whoever runs the server should know (CLIENTS.md 26). Clients on this machine tell nothing.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "server/auth/networks.h"

namespace server {

// Thread-safe.
class HiddenClients {
  public:
    static constexpr std::uint32_t enough = 20;  // connections, before anything is said

    // One more connection from there. True once at the most: when so many have come, all of them from this one address.
    bool tell(std::string_view address);

  private:
    std::mutex mutex_;
    std::optional<auth::AddressOctets> only_;  // where all have come from
    std::uint32_t connections_ = 0;
    bool settled_ = false;  // said, or seen that they differ
};

}  // namespace server
