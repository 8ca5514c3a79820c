// Limits how many connections an account has. One count for all protocols with a log-in session (SMTP, IMAP, POP3).
// protocols/README.md "Network". The server sets the limit and its exceptions.
#pragma once

#include <asio/post.hpp>
#include <functional>
#include <memory>
#include <string>

#include "protocols/net/stream.h"
#include "protocols/services/authenticator.h"
#include "protocols/services/connection_slot.h"
#include "storage/result.h"

namespace services {

// Thread-safe. Must outlive its slots.
class ConnectionLimit {
  public:
    virtual ~ConnectionLimit() = default;
    // Called after a successful log-in, with the client's textual address. `log_out` ends the connection, from any
    // thread, if the account's credentials change while the slot is held. Refuses too_many: the session reports that
    // and ends.
    virtual storage::Result<std::unique_ptr<ConnectionSlot>> take(const Identity& identity, const std::string& address,
                                                                  std::function<void()> log_out) = 0;
};

// A log_out for a session on this stream: its next wait for the client throws Interrupted.
inline std::function<void()> log_out_of(const net::Stream& stream) {
    return [executor = stream.executor(), interrupt = stream.interrupter()] {
        asio::post(executor, [interrupt] { interrupt(net::Interrupted::Cause::logged_out); });
    };
}

}  // namespace services
