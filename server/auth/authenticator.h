// services::Authenticator on the store: names, argon2id or remembered passwords, SCRAM keys, the throttle. Logs
// failures; sessions log successful log-ins. server/README.md "Identity". sasl verifies SCRAM proofs;
// storage/accounts.h has the credentials.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocols/services/authenticator.h"
#include "protocols/services/event_log.h"
#include "server/auth/delays.h"
#include "server/auth/hash_pool.h"
#include "server/auth/networks.h"
#include "server/auth/passwords.h"
#include "server/auth/remembered.h"
#include "server/auth/throttle.h"
#include "server/current.h"
#include "storage/store.h"

namespace server::auth {

struct AuthenticatorOptions {
    std::vector<Network> plaintext_from;
    HashCost cost;
    ThrottleOptions throttle;
    std::chrono::seconds remember{300};
    std::size_t remembered_passwords = 10'000;
    unsigned hash_threads = 2;
    std::size_t checks_waiting = 200;
    std::function<std::int64_t()> now = [] { return std::time(nullptr); };  // Unix seconds: bans are in the store
    std::string scram_secret;  // seeds the salts of unknown users; must stay the same over restarts
};

// Thread-safe: one for all protocols.
class Authenticator : public services::Authenticator {
  public:
    Authenticator(storage::Store& store, services::EventLog& log, const AuthenticatorOptions& options);
    ~Authenticator() override;

    asio::awaitable<storage::Result<services::Identity>> check_password(services::LoginAttempt attempt,
                                                                        std::string password) override;
    asio::awaitable<storage::Result<ScramRecord>> scram_record(services::LoginAttempt attempt) override;
    asio::awaitable<void> scram_finished(services::LoginAttempt attempt, bool succeeded) override;
    bool plaintext_allowed(const std::string& address) const override;

    // Sets what can change while running: networks, throttle, memory for verified passwords.
    void configure(const AuthenticatorOptions& options);
    // Answers failed log-ins without delay from now on, waiting ones too, so that their sessions can still say goodbye.
    void end_delays();
    // Ends the hashing threads; waiting checks are refused. Call it before the network threads' executors end.
    void stop();

  private:
    // The stored credentials; nullopt if there is no such account.
    asio::awaitable<std::optional<storage::AccountCredentials>> look_up(std::string user);
    asio::awaitable<storage::Refusal> fail(services::LoginAttempt attempt, std::optional<std::uint64_t> proof);
    asio::awaitable<std::optional<storage::Refusal>> refuse_shut_out(services::LoginAttempt attempt);
    asio::awaitable<void> shut_out(services::LoginAttempt attempt);
    void log(services::Level level, std::string_view event, const services::LoginAttempt& attempt,
             services::EventLog::Fields more) const;

    storage::Store& store_;
    services::EventLog& log_;
    const HashCost cost_;
    const std::function<std::int64_t()> now_;
    const std::string scram_secret_;
    const std::string unmatchable_;
    HashPool pool_;
    Throttle throttle_;
    Delays delays_;
    std::atomic<std::int64_t> shut_out_seconds_;
    RememberedPasswords remembered_;
    Current<const std::vector<Network>> plaintext_from_;
};

}  // namespace server::auth
