// Log-ins to the page: a random token in a cookie identifies the user, until it expires or the server restarts.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocols/locking/mutex.h"
#include "protocols/services/authenticator.h"
#include "protocols/services/end_reason.h"

namespace web {

struct LoginSession {
    services::Identity identity;
    std::string form_token{};  // in every form, and must come back with it (CSRF)
    std::string log_id;        // of its lines in the log
    std::int64_t expires_at = 0;
    std::shared_ptr<void> listed{};  // keeps it among the open sessions that administrators see
};

class Sessions {
  public:
    // Is called at the end of each session, without a lock.
    using Ended = std::function<void(const LoginSession&, services::EndReason)>;
    // random(n): n unpredictable octets as text for a cookie. If there are max_sessions, the one that expires first is
    // dropped.
    Sessions(std::function<std::string(std::size_t)> random, std::chrono::seconds lifetime, std::size_t max_sessions,
             Ended ended);
    ~Sessions();  // the server stops
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;

    // Returns the token for the cookie. Sets form_token and expires_at of the session.
    std::string start(LoginSession session, std::int64_t now);
    // The token's session, or nullopt; its lifetime starts again.
    std::optional<LoginSession> find(const std::string& token, std::int64_t now);
    // Keeps this as long as the token's session.
    void keep_listed(const std::string& token, std::shared_ptr<void> listed);
    void end(const std::string& token, services::EndReason why);
    void end_expired(std::int64_t now);
    std::chrono::seconds lifetime() const { return lifetime_; }

  private:
    using ByToken = std::unordered_map<std::string, LoginSession>;
    // Those taken out, whose end is told when nothing is locked any more.
    using Over = std::vector<std::pair<LoginSession, services::EndReason>>;
    ByToken::iterator take_out(ByToken::iterator session, services::EndReason why, Over& over) REQUIRES(mutex_);
    void take_out_expired(std::int64_t now, Over& over) REQUIRES(mutex_);
    void tell(const Over& over) const;

    std::function<std::string(std::size_t)> random_;
    std::chrono::seconds lifetime_;
    std::size_t max_sessions_;
    Ended ended_;
    locking::Mutex mutex_;
    ByToken by_token_ GUARDED_BY(mutex_);
};

}  // namespace web
