// services::ConnectionLimit: how many connections each account has, over all doors. protocols/README.md "Network".
// Clients on this machine (127.0.0.1, ::1) are exempt. Pure but for a lock; connections as such are admission.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "protocols/services/connection_limit.h"

namespace server {

class AccountConnectionLimit : public services::ConnectionLimit {
  public:
    explicit AccountConnectionLimit(std::uint32_t connections_per_account) : limit_(connections_per_account) {}
    void configure(std::uint32_t connections_per_account);

    storage::Result<std::unique_ptr<services::ConnectionSlot>> take(storage::AccountId account,
                                                                    const std::string& address) override;
    std::size_t taken(storage::AccountId account) const;

  private:
    class Slot;
    void give_back(storage::AccountId account);

    mutable std::mutex mutex_;
    std::uint32_t limit_;
    std::unordered_map<storage::AccountId, std::uint32_t> by_account_;
};

}  // namespace server
