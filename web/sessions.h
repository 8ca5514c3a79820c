// Log-ins to the page: a random token in a cookie identifies the user, until it expires or the server restarts. Used on
// one thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocols/services/authenticator.h"

namespace web {

struct LoginSession {
    services::Identity identity;
    std::string form_token;        // in every form, and must come back with it (CSRF)
    std::string credentials_mark;  // of the credentials at log-in: a changed password ends the session
    std::int64_t expires_at = 0;
};

class Sessions {
  public:
    // random(n): n unpredictable octets as text for a cookie. If there are max_sessions, the one that expires first is
    // dropped.
    Sessions(std::function<std::string(std::size_t)> random, std::chrono::seconds lifetime, std::size_t max_sessions);

    // Returns the token for the cookie.
    std::string start(services::Identity identity, std::string credentials_mark, std::int64_t now);
    // The token's session, or nullptr; its lifetime starts again.
    const LoginSession* find(const std::string& token, std::int64_t now);
    void end(const std::string& token);
    std::chrono::seconds lifetime() const { return lifetime_; }

  private:
    std::function<std::string(std::size_t)> random_;
    std::chrono::seconds lifetime_;
    std::size_t max_sessions_;
    std::unordered_map<std::string, LoginSession> by_token_;
};

}  // namespace web
