// Which exceptions of a command end the session, the same in all protocols (protocols/README.md "Errors"); after any
// other exception only that command fails.
#pragma once

#include <exception>

#include "protocols/base/expects.h"
#include "protocols/net/stream.h"

namespace services {

// Whether an exception means that the session cannot go on: the peer is gone or silent, the server stops, or we have a
// bug.
inline bool ends_session(const std::exception& error) {
    return dynamic_cast<const net::PeerGone*>(&error) != nullptr ||
           dynamic_cast<const net::DeadlinePassed*>(&error) != nullptr ||
           dynamic_cast<const net::Interrupted*>(&error) != nullptr ||
           dynamic_cast<const base::BrokenExpectation*>(&error) != nullptr;
}

}  // namespace services
