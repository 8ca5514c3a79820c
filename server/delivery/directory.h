// services::Directory over the store's domains, aliases and accounts. RFC 5321 §3.3, §4.1.1.3, §4.5.1.
#pragma once

#include "protocols/services/directory.h"
#include "storage/store.h"

namespace server::delivery {

// Thread-safe: one for all protocols.
class Directory : public services::Directory {
  public:
    explicit Directory(storage::Store& store) : store_(store) {}
    asio::awaitable<storage::Result<services::Recipient>> resolve(std::string address) override;
    asio::awaitable<storage::Result<bool>> may_send_as(storage::AccountId account, std::string address) override;

  private:
    asio::awaitable<storage::Result<storage::ResolvedRecipient>> resolve_role(std::string address);

    storage::Store& store_;
};

}  // namespace server::delivery
