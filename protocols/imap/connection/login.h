// The user logged in on this connection. commands/login.h does the log-in.
#pragma once

#include <memory>
#include <optional>

#include "protocols/services/authenticator.h"
#include "protocols/services/connection_slot.h"
#include "storage/types.h"

namespace imap {

struct Login {
    std::optional<services::Identity> identity;      // nullopt: no one yet
    std::unique_ptr<services::ConnectionSlot> slot;  // counts as one of the account's connections
    bool offers_uid_only = false;                    // whether UIDONLY is offered to this account
    unsigned failed = 0;                             // log-ins on this connection
    unsigned commands_before = 0;

    bool done() const { return identity.has_value(); }
    storage::AccountId account() const { return identity->account; }
};

}  // namespace imap
