// May this account have one more connection? One count for all doors at which one logs in to a session (SMTP, IMAP,
// POP3). protocols/README.md "Network". How many there may be, and who is exempt, is the house's to say.
#pragma once

#include <asio/post.hpp>
#include <functional>
#include <memory>
#include <string>

#include "protocols/net/stream.h"
#include "protocols/services/authenticator.h"
#include "storage/result.h"

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
    // Asked once a log-in has succeeded; the client's address is textual. `log_out` ends the connection, from any
    // thread, when the credentials that it logged in with are changed while it holds its place.
    // Refuses too_many: the session says so, and ends.
    virtual storage::Result<std::unique_ptr<ConnectionSlot>> take(const Identity& identity, const std::string& address,
                                                                  std::function<void()> log_out) = 0;
};

// The log_out of a session on this stream: its next wait for the client throws Interrupted.
inline std::function<void()> log_out_of(const net::Stream& stream) {
    return [executor = stream.executor(), interrupt = stream.interrupter()] {
        asio::post(executor, [interrupt] { interrupt(net::Interrupted::Cause::logged_out); });
    };
}

}  // namespace services
