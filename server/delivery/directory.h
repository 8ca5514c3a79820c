// services::Directory over the store's domains, aliases and accounts. RFC 5321 §3.3, §4.1.1.3, §4.5.1.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <utility>

#include "protocols/services/directory.h"
#include "server/current.h"
#include "storage/store.h"

namespace server::delivery {

// Thread-safe: one for all protocols.
class Directory : public services::Directory {
  public:
    // Whether mail may never go to this domain, which is not ours. Thread-safe.
    using Forbids = std::function<bool(const std::string& domain)>;

    using Clock = std::function<std::int64_t()>;  // Unix seconds

    explicit Directory(
        storage::Store& store, Forbids forbids = {}, Clock clock = [] { return std::time(nullptr); })
        : store_(store), clock_(std::move(clock)) {
        configure(std::move(forbids));
    }
    // For later look-ups.
    void configure(Forbids forbids) { forbids_.set(std::make_shared<const Forbids>(std::move(forbids))); }
    using services::Directory::resolve;
    using Known = std::shared_ptr<const services::KnownDestinations>;
    asio::awaitable<storage::Result<services::Recipient>> resolve(std::string address, Known known) override;
    asio::awaitable<storage::Result<bool>> may_send_as(storage::AccountId account, std::string address) override;
    asio::awaitable<storage::Result<std::string>> why_suppressed(storage::AccountId account,
                                                                 std::string address) override;

  private:
    bool is_forbidden(const std::string& address) const;
    asio::awaitable<storage::Result<std::string>> list_left_by(std::string address);
    asio::awaitable<storage::Result<bool>> is_return_address(std::string address);
    asio::awaitable<storage::Result<services::Recipient>> resolve_return(std::string address);
    asio::awaitable<storage::Result<services::Recipient>> resolve_bounce(std::string address);
    asio::awaitable<storage::Result<std::string>> returned_to(std::string address);
    asio::awaitable<storage::Result<storage::ResolvedRecipient>> resolve_role(std::string address, Known known);

    storage::Store& store_;
    Clock clock_;
    Current<const Forbids> forbids_;
};

}  // namespace server::delivery
