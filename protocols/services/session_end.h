// Which exceptions of a command end the session, the same in all protocols (protocols/README.md "Errors"), and for what
// reason; after any other exception only that command fails.
#pragma once

#include <exception>
#include <string>

#include "protocols/net/stream.h"
#include "protocols/services/end_reason.h"

namespace services {

// There is no TLS: the handshake failed or was interrupted. No further reply can reach the client.
class HandshakeFailed : public net::PeerGone {
  public:
    HandshakeFailed(EndReason why, const std::string& what) : net::PeerGone(what), why_(why) {}
    EndReason why() const { return why_; }  // tls_failed, or what interrupted it

  private:
    EndReason why_;
};

// Whether an exception means that the session cannot go on: the peer is gone or silent, the server stops, or we have a
// bug.
bool ends_session(const std::exception& error);

// How a session ends after this exception. Any other than those of ends_session() is a fault; the caller logs it.
Ending ending_of(const std::exception& error);

}  // namespace services
