// Which addresses are local, and who may send with them.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "storage/domains.h"
#include "storage/result.h"
#include "storage/types.h"

namespace services {

// Where mail for a recipient goes. Copies share it: many recipients of a transaction may lead to one mailbox.
class Destinations {
  public:
    Destinations() : of_(nowhere()) {}
    Destinations(storage::ResolvedRecipient of)
        : of_(std::make_shared<const storage::ResolvedRecipient>(std::move(of))) {}
    const storage::ResolvedRecipient& operator*() const { return *of_; }
    const storage::ResolvedRecipient* operator->() const { return of_.get(); }

  private:
    static std::shared_ptr<const storage::ResolvedRecipient> nowhere() {
        static const auto none = std::make_shared<const storage::ResolvedRecipient>();
        return none;
    }
    std::shared_ptr<const storage::ResolvedRecipient> of_;
};

// Where the accounts and aliases lead that the recipients of one transaction have meant so far, by their names. The
// directory reads it on other threads: nothing may be added while a look-up with it is under way.
using KnownDestinations = std::unordered_map<std::string, Destinations>;

// What this server knows about a forward-path.
struct Recipient {
    std::string address;        // as given, without <>
    bool ours = false;          // its domain is local; otherwise it would have to be relayed
    bool forbidden = false;     // not ours, and an address literal to which this server sends nothing
    bool returns = false;       // ours: bounces of mail that was sent on go back to its sender here; nothing else does
    Destinations destinations;  // if ours
    std::int64_t bounced_member = 0;  // of a mailing list, if it returns: bounces of what it was sent come here
    std::string left_list{};          // ours: who writes here is taken off this mailing list (RFC 2369 §3.2)
};

class Directory {
  public:
    virtual ~Directory() = default;
    // Refuses no_such_account (550 5.1.1) for unknown users of our domains; other domains are not refused here.
    // A return address that was not made here, or has expired, is refused as well, with words of its own.
    // "postmaster" without a domain is that of the default domain (RFC 5321 §4.1.1.3). What is known is not looked up
    // again: such a recipient shares its destinations.
    virtual asio::awaitable<storage::Result<Recipient>> resolve(std::string address,
                                                                std::shared_ptr<const KnownDestinations> known) = 0;
    asio::awaitable<storage::Result<Recipient>> resolve(std::string address) {
        return resolve(std::move(address), nullptr);
    }
    virtual asio::awaitable<storage::Result<bool>> may_send_as(storage::AccountId account, std::string address) = 0;
    // Why the account's mail to this address, which is not ours, is refused: it has failed for good too often. Words
    // for its user; empty: it is not refused.
    virtual asio::awaitable<storage::Result<std::string>> why_suppressed(storage::AccountId account,
                                                                         std::string address) = 0;
};

}  // namespace services
