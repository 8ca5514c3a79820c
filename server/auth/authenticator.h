// services::Authenticator on the store: names, argon2id or remembered passwords, app passwords, SCRAM keys, the
// throttle. Logs failures; sessions log successful log-ins. server/README.md "Identity". sasl verifies SCRAM proofs;
// storage/accounts.h has the credentials.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocols/locking/mutex.h"
#include "protocols/net/worker_pool.h"
#include "protocols/services/authenticator.h"
#include "protocols/services/event_log.h"
#include "server/auth/app_password_uses.h"
#include "server/auth/delays.h"
#include "server/auth/guesses.h"
#include "server/auth/networks.h"
#include "server/auth/passwords.h"
#include "server/auth/remembered.h"
#include "server/auth/repeated_lines.h"
#include "server/auth/reservations.h"
#include "server/auth/stored_costs.h"
#include "server/auth/throttle.h"
#include "server/current.h"
#include "storage/app_passwords.h"
#include "storage/second_factors.h"
#include "storage/store.h"

namespace server::auth {

struct AuthenticatorOptions {
    std::vector<Network> plaintext_from;
    HashCost cost;
    ThrottleOptions throttle;
    GuessOptions guesses;
    std::size_t known_networks = 50;  // of each account
    std::size_t login_networks = 0;   // wide ones, from which one account may log in within an hour; 0: any number
    storage::CodeLimit codes;         // of each account's second factor
    std::chrono::seconds remember{300};
    std::size_t remembered_passwords = 10'000;
    unsigned hash_threads = 2;
    locking::QueueBounds checks_waiting{.in_all = 200, .of_one = 50};  // of one: networks_in_turn()
    std::chrono::seconds patience{20};                                 // of an attempt whose address has many under way
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
    asio::awaitable<storage::Result<services::Identity>> check_code(services::LoginAttempt attempt,
                                                                    services::Identity identity,
                                                                    std::string code) override;
    asio::awaitable<storage::Result<std::monostate>> change_password(services::LoginAttempt attempt,
                                                                     PasswordChange change) override;
    asio::awaitable<storage::Result<ScramRecord>> scram_record(services::LoginAttempt attempt) override;
    asio::awaitable<void> scram_finished(services::LoginAttempt attempt, std::unique_ptr<ScramExchange> exchange,
                                         bool succeeded) override;
    bool scram_offered() const override { return cost_.scram; }
    bool plaintext_allowed(const std::string& address) const override;

    // Logs how many repeated lines were left out (repeated_lines.h): to be called now and then.
    void log_left_out();
    // Writes down when app passwords were used, and removes those that have expired: to be called now and then.
    asio::awaitable<void> look_after_app_passwords();
    // The former alone, at the end of the server; blocks.
    void write_app_password_uses_now();
    // Accounts that have logged in from too many networks since it was last asked.
    std::vector<storage::Account> take_spread_accounts();
    // Sets what can change while running: networks, throttle, memory for verified passwords.
    void configure(const AuthenticatorOptions& options);
    // Answers failed log-ins without delay from now on, waiting ones too, so that their sessions can still say goodbye.
    void end_delays();
    // Ends the hashing threads; waiting checks are refused. Call it before the network threads' executors end.
    void stop();

  private:
    // Whom an attempt is about, and from where.
    struct Subject {
        std::optional<storage::AccountCredentials> found;  // empty: no one
        std::optional<storage::Credentials> suspended;     // of an account that nobody can log in to: it is no one
        std::string name;                                  // the account's; as given if no account can have that name
        std::uint64_t number = 0;                          // made of the name: for the guesses, and to choose costs
        std::string network;                               // of the client
        std::optional<std::int64_t> known_since;           // the account has logged in from there before; empty: no
        std::string wide_network;                          // of the client
        bool noted = false;                                // as one of the account's log-in networks of this hour
        std::string asked;                                 // the name as asked for, in normal form
        bool second_factor = false;                        // of the account: its password alone is not enough
        bool labelled = false;                             // it names an app password: no other will do
        std::optional<storage::AppPasswordKeys> app_password;  // that is right, or named; its keys if it is named
    };
    class Scram;

    // nullptr: for SCRAM.
    asio::awaitable<Subject> look_up(services::LoginAttempt attempt, const std::string* password);
    asio::awaitable<bool> take_code(services::Identity identity, std::string code);
    static const storage::ScramKeys* scram_keys_of(const Subject& subject);
    // The answer to an app password that is right.
    asio::awaitable<storage::Result<services::Identity>> accept_app_password(services::LoginAttempt attempt,
                                                                             Subject subject,
                                                                             services::Identity identity);
    // What is the same for all log-ins, before they are judged: bans, and delays for strangers.
    asio::awaitable<std::optional<storage::Refusal>> refuse_shut_out(services::LoginAttempt attempt);
    asio::awaitable<void> slow_down(services::LoginAttempt attempt, Subject subject);
    asio::awaitable<storage::Refusal> not_judged(services::LoginAttempt attempt, bool known);
    // What a password is compared with; for no one what no password matches, at the same cost.
    asio::awaitable<std::string> hash_to_match(Subject subject);

    // Whether a password is right; not judged: it could not wait.
    struct Judgement {
        bool judged = false;
        std::optional<Throttle::Verdict> failure{};  // empty: it is right
    };
    asio::awaitable<Judgement> judge(services::LoginAttempt attempt, Subject subject, std::string encoded,
                                     std::string password);
    // nullopt: too much waits.
    asio::awaitable<std::optional<bool>> verify(net::WorkerPool::Party party, std::string name, std::string encoded,
                                                std::string password);

    // And afterwards.
    Throttle::Verdict count_failure(const services::LoginAttempt& attempt, const Subject& subject,
                                    std::optional<std::uint64_t> proof);
    void note_failure(const services::LoginAttempt& attempt, const Subject& subject, Throttle::Verdict verdict);
    asio::awaitable<storage::Refusal> answer_failure(services::LoginAttempt attempt, Throttle::Verdict verdict);
    asio::awaitable<void> store_ban(services::LoginAttempt attempt);
    asio::awaitable<void> note_success(services::LoginAttempt attempt, Subject subject);
    asio::awaitable<void> note_network(services::LoginAttempt attempt, Subject subject);

    // Runs the job on one of the threads that hash; nullopt if too much waits for them.
    asio::awaitable<std::optional<bool>> hash(net::WorkerPool::Party party, std::function<bool()> job);

    // The stored hash from now on.
    asio::awaitable<std::string> renew(services::LoginAttempt attempt, storage::AccountCredentials found,
                                       std::string password);
    asio::awaitable<std::shared_ptr<const StoredCosts>> costs();
    void log(services::Level level, std::string_view event, const services::LoginAttempt& attempt,
             services::EventLog::Fields more);

    storage::Store& store_;
    services::EventLog& log_;
    const HashCost cost_;
    const std::function<std::int64_t()> now_;
    const std::string scram_secret_;
    const std::string unmatchable_;
    const std::chrono::seconds patience_;
    net::WorkerPool pool_;
    Throttle throttle_;
    Reservations reservations_;
    Guesses guesses_;
    Delays delays_;
    RepeatedLines repeated_;
    std::atomic<std::size_t> known_networks_;
    std::atomic<std::size_t> login_networks_;
    std::atomic<std::uint64_t> codes_most_;
    locking::Mutex spread_mutex_;
    std::vector<storage::Account> spread_ GUARDED_BY(spread_mutex_);
    std::atomic<std::int64_t> shut_out_seconds_;
    RememberedPasswords remembered_;
    AppPasswordUses app_password_uses_;
    Current<const std::vector<Network>> plaintext_from_;
    Current<const StoredCosts> costs_;
    std::atomic<std::int64_t> costs_until_ = 0;
};

}  // namespace server::auth
