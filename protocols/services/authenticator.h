// Who is it? The house's answer to a door that has been given a name and a proof (server/README.md "Identity").
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/accounts.h"
#include "storage/result.h"
#include "storage/types.h"

namespace services {

// An account that has proved who it is.
struct Identity {
    storage::AccountId account;
    std::string name;                                 // "local@domain"
    bool uid_only = false;                            // UIDONLY is offered to its clients (RFC 9586)
    std::int64_t generation = 0;                      // of the credentials that it proved to know (storage/accounts.h)
    std::chrono::steady_clock::time_point read_at{};  // when these were read, or before
};

// Where an attempt comes from, for the throttle and the log.
struct LoginAttempt {
    std::string user;       // as the client gave it; without a domain it means the default domain
    std::string address;    // of the client, textual
    std::string session;    // id
    std::string area;       // "imap", "smtp", "pop3", "http"
    std::string mechanism;  // "PLAIN", "LOGIN" (the command), "SCRAM-SHA-256", "form"
};

class Authenticator {
  public:
    virtual ~Authenticator() = default;

    // Verifies off the network threads; slow on purpose after failures. Refuses authentication_failed or throttled;
    // logs either way. The same answer and time whether the account exists or not.
    virtual asio::awaitable<storage::Result<Identity>> check_password(LoginAttempt attempt, std::string password) = 0;

    // Keys for a SCRAM exchange, for any user name (made up where there is no such account); refuses throttled.
    struct ScramRecord {
        std::optional<Identity> identity;  // empty: made up, the exchange will fail
        storage::ScramKeys keys;
    };
    virtual asio::awaitable<storage::Result<ScramRecord>> scram_record(LoginAttempt attempt) = 0;
    // What came of a SCRAM exchange; on failure waits as check_password does, and counts it.
    virtual asio::awaitable<void> scram_finished(LoginAttempt attempt, bool succeeded) = 0;

    // Whether this client may send a password without TLS ([auth] plaintext_from).
    virtual bool plaintext_allowed(const std::string& address) const = 0;
};

}  // namespace services
