// Slows down clients that try which names exist here (RFC 5321 §7.3 says why VRFY is not the only way to do that).
#pragma once

#include <asio/awaitable.hpp>
#include <string>

namespace services {

class NameGuesses {
  public:
    virtual ~NameGuesses() = default;
    // A client at this textual address, not logged in, has named a recipient that does not exist here. Waits before the
    // refusal: longer with each name that came from its network lately, in whichever session. False: its network has
    // too many such answers to come, and the session should end.
    virtual asio::awaitable<bool> wrong_name(std::string address) = 0;
};

}  // namespace services
