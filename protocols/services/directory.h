// Is this address ours, and who may use it?
#pragma once

#include <asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "storage/domains.h"
#include "storage/result.h"
#include "storage/types.h"

namespace services {

// What a forward-path is to this server.
struct Recipient {
    std::string address;                      // as given, without <>
    bool ours = false;                        // its domain is; else it would have to be relayed
    storage::ResolvedRecipient destinations;  // when ours
};

class Directory {
  public:
    virtual ~Directory() = default;
    // Refuses no_such_account (550 5.1.1) for unknown users of our domains; a domain that is not ours is no refusal.
    // "postmaster" without a domain is the default domain's (RFC 5321 §4.1.1.3).
    virtual asio::awaitable<storage::Result<Recipient>> resolve(std::string address) = 0;
    virtual asio::awaitable<storage::Result<bool>> may_send_as(storage::AccountId account, std::string address) = 0;
};

}  // namespace services
