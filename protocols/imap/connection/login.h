// Who is logged in on this connection. Logging in is commands/login.h's.
#pragma once

#include <memory>
#include <optional>

#include "protocols/services/authenticator.h"
#include "protocols/services/connection_limit.h"
#include "storage/types.h"

namespace imap {

struct Login {
    std::optional<services::Identity> identity;      // nobody yet: nothing
    std::unique_ptr<services::ConnectionSlot> slot;  // among the account's connections
    bool offers_uid_only = false;                    // to this account
    unsigned failed = 0;                             // on this connection
    unsigned commands_before = 0;

    bool done() const { return identity.has_value(); }
    storage::AccountId account() const { return identity->account; }
};

}  // namespace imap
