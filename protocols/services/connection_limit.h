// Limits how many connections an account has. One count for all protocols with a log-in session (SMTP, IMAP, POP3).
// protocols/README.md "Network". The server sets the limit and its exceptions.
#pragma once

#include <memory>
#include <string>

#include "protocols/services/authenticator.h"
#include "protocols/services/connection_slot.h"
#include "storage/result.h"

namespace net {
class Stream;
}

namespace services {

// The session that has logged in, for those who ask who is logged in.
struct LoggedInSession {
    std::string id;    // as in the log
    std::string door;  // "imap", "pop3", "submission", "smtp", "http"
};

// Thread-safe. Must outlive its slots.
class ConnectionLimit {
  public:
    virtual ~ConnectionLimit() = default;
    // Called after a successful log-in. While the slot is held, the connection ends if the account's credentials change
    // or an administrator ends the session (its next wait for the client throws Interrupted), and what it holds counts
    // for the account (net/allowance.h). Refuses too_many: the session reports that and ends.
    virtual storage::Result<std::unique_ptr<ConnectionSlot>> take(const Identity& identity, net::Stream& stream,
                                                                  LoggedInSession session) = 0;
};

}  // namespace services
