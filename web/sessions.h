// Log-ins to the page: a random token in a cookie identifies the user. They lie in the store (storage/web_sessions.h),
// outlive the server, and an account has only so many. Thread-safe.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/services/authenticator.h"
#include "storage/result.h"
#include "storage/store.h"

namespace web {

struct LoginSession {
    services::Identity identity;
    std::string form_token{};  // in every form, and must come back with it (CSRF)
    std::string log_id;        // of its lines in the log
};

// The client that a session is used by.
struct Visitor {
    std::string address;
    std::string user_agent;
};

// The cookie's name. "__Host-": browsers take it from this host alone, over TLS, for all paths (RFC 6265bis).
constexpr std::string_view cookie_name(bool tls) { return tls ? "__Host-mailstead" : "mailstead"; }

class Sessions {
  public:
    // random(n): n unpredictable octets as text for a cookie. Beyond so many of one account the least recently used
    // end.
    Sessions(storage::Store& store, std::function<std::string(std::size_t)> random, std::chrono::seconds lifetime,
             std::size_t most_per_account);

    // Begins the session of this log-in; refuses logged_out.
    struct Begun {
        std::string token;               // for the cookie
        std::vector<std::string> ended;  // the log ids of those that it has ended
    };
    asio::awaitable<storage::Result<Begun>> start(LoginSession session, Visitor visitor, std::int64_t now);
    // The token's session, or nullopt; its lifetime starts again.
    asio::awaitable<std::optional<LoginSession>> find(std::string token, Visitor visitor, std::int64_t now);
    asio::awaitable<void> end(LoginSession session);
    std::chrono::seconds lifetime() const { return lifetime_; }

  private:
    storage::Store& store_;
    std::function<std::string(std::size_t)> random_;
    std::chrono::seconds lifetime_;
    std::size_t most_per_account_;
};

}  // namespace web
