// What a command's boundary lets through, the same at every door (protocols/README.md "Errors"): these end the session,
// all else is a fault that one command is answered with.
#pragma once

#include <exception>

#include "protocols/base/expects.h"
#include "protocols/net/stream.h"

namespace services {

// Whether an exception means that the conversation itself cannot go on: the peer is gone or silent, the server stops,
// or we ourselves are wrong.
inline bool ends_session(const std::exception& error) {
    return dynamic_cast<const net::PeerGone*>(&error) != nullptr ||
           dynamic_cast<const net::DeadlinePassed*>(&error) != nullptr ||
           dynamic_cast<const net::Interrupted*>(&error) != nullptr ||
           dynamic_cast<const base::BrokenExpectation*>(&error) != nullptr;
}

}  // namespace services
