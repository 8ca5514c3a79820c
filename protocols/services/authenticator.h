// Checks log-ins: a session gives a name and a proof, and gets an account (server/README.md "Identity").
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "storage/accounts.h"
#include "storage/log_in.h"
#include "storage/result.h"
#include "storage/types.h"

namespace services {

// An account that has authenticated.
struct Identity {
    storage::AccountId account;
    std::string name;                                 // "local@domain"
    bool uid_only = false;                            // offer UIDONLY to its clients (RFC 9586)
    std::int64_t generation = 0;                      // of the credentials used (storage/accounts.h)
    std::chrono::steady_clock::time_point read_at{};  // when these were read, or earlier
    storage::AppPasswordId app_password{};            // that was used; 0: the account's own password
    std::string app_password_label{};
    bool code_needed = false;  // it is nobody's before check_code()

    storage::LogIn log_in() const { return {account, generation, app_password}; }
};

// Where an attempt comes from, for the throttle and the log.
struct LoginAttempt {
    std::string user;        // as the client gave it; without a domain it means the default domain
    std::string address;     // of the client, textual
    std::string session;     // id
    std::string area;        // "imap", "smtp", "pop3", "http"
    std::string mechanism;   // "PLAIN", "LOGIN" (the command), "SCRAM-SHA-256", "Basic", "form"
    bool asks_code = false;  // it can ask for a second factor; who cannot needs an app password where there is one
};

class Authenticator {
  public:
    virtual ~Authenticator() = default;

    // Takes the account's password, or an app password of it whose scope has the attempt's door. Verifies outside the
    // network threads; deliberately slow after failures. Refuses authentication_failed or throttled; out_of_scope or
    // app_password_needed only whoever knows the password. Logs the result. Answer and time are the same whether the
    // account exists or not.
    virtual asio::awaitable<storage::Result<Identity>> check_password(LoginAttempt attempt, std::string password) = 0;

    // The second step of a log-in whose identity says code_needed: a code of the authenticator app, or a recovery code.
    // Each is taken once. Refuses authentication_failed, or throttled: too many of the account, or from the address.
    virtual asio::awaitable<storage::Result<Identity>> check_code(LoginAttempt /*attempt*/, Identity /*identity*/,
                                                                  std::string /*code*/) {
        co_return storage::refuse(storage::Reason::authentication_failed, "no code is taken here");
    }

    // A new password of the account, which asks for the old one. The browser's session that asks
    // (storage/web_sessions.h) stays, all others end. Refuses as check_password(); logged_out; not_permitted, with why,
    // if it is no password.
    struct PasswordChange {
        storage::LogIn log_in;
        std::string session;
        std::string old_password;
        std::string new_password;
    };
    virtual asio::awaitable<storage::Result<std::monostate>> change_password(LoginAttempt /*attempt*/,
                                                                             PasswordChange /*change*/) {
        co_return storage::refuse(storage::Reason::not_permitted, "no password is changed here");
    }

    // An exchange under way. One that is destroyed before scram_finished() was given up, and counts as a failure.
    class ScramExchange {
      public:
        virtual ~ScramExchange() = default;
    };
    // Keys for a SCRAM exchange, for any user name (invented if there is no such account); refuses throttled.
    struct ScramRecord {
        std::optional<Identity> identity;  // empty: invented keys, the exchange will fail
        storage::ScramKeys keys;
        std::unique_ptr<ScramExchange> exchange{};
        // Whoever proves to know the password is refused with this.
        std::optional<storage::Refusal> barred{};
    };
    virtual asio::awaitable<storage::Result<ScramRecord>> scram_record(LoginAttempt attempt) = 0;
    // Reports whether the proof of a SCRAM exchange was right; if not, waits like check_password, and counts it.
    virtual asio::awaitable<void> scram_finished(LoginAttempt attempt, std::unique_ptr<ScramExchange> exchange,
                                                 bool succeeded) = 0;
    // Whether SCRAM is offered ([auth] scram).
    virtual bool scram_offered() const { return true; }

    // Whether this client may send a password without TLS ([auth] plaintext_from).
    virtual bool plaintext_allowed(const std::string& address) const = 0;
};

}  // namespace services
