// May this account have one more connection? One count for all doors at which one logs in to a session (SMTP, IMAP,
// POP3). protocols/README.md "Network". How many there may be, and who is exempt, is the house's to say.
#pragma once

#include <memory>
#include <string>

#include "storage/result.h"
#include "storage/types.h"

namespace services {

// One of the connections that an account may have; given back by its destructor.
class ConnectionSlot {
  public:
    virtual ~ConnectionSlot() = default;
};

// Thread-safe. Outlives the slots that it gives.
class ConnectionLimit {
  public:
    virtual ~ConnectionLimit() = default;
    // Asked once a log-in has succeeded; the client's address is textual. Nothing: a client that is not counted.
    // Refuses too_many: the session says so, and ends.
    virtual storage::Result<std::unique_ptr<ConnectionSlot>> take(storage::AccountId account,
                                                                  const std::string& address) = 0;
};

}  // namespace services
