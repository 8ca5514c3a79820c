// Log-ins. An unknown user costs the same work and gets the same answer as a wrong password.
#include "server/auth/authenticator.h"

#include "protocols/sasl/scram_keys.h"
#include "server/auth/account_name.h"
#include "storage/bans.h"
#include "storage/domains.h"
#include "storage/store_await.h"

namespace server::auth {

using services::Identity;
using services::LoginAttempt;
using storage::Reason;
using storage::Refusal;
using storage::Result;

namespace {

constexpr const char* wrong = "wrong user name or password";

storage::ScramKeys made_up_keys(std::string_view secret, std::string_view user, std::uint32_t iterations) {
    const sasl::ScramKeys keys = sasl::fake_scram_keys(secret, user, iterations);
    return {keys.salt, keys.iterations, keys.stored_key, keys.server_key};
}

Identity identity_of(const storage::AccountCredentials& found, std::chrono::steady_clock::time_point read_at) {
    return {.account = found.account.id,
            .name = found.account.name,
            .uid_only = found.account.uid_only,
            .generation = found.generation,
            .read_at = read_at};
}

}  // namespace

Authenticator::Authenticator(storage::Store& store, services::EventLog& log, const AuthenticatorOptions& options)
    : store_(store),
      log_(log),
      cost_(options.cost),
      now_(options.now),
      scram_secret_(options.scram_secret),
      unmatchable_(unmatchable_hash(options.cost)),
      pool_(options.hash_threads, options.checks_waiting),
      throttle_(options.throttle),
      shut_out_seconds_(options.throttle.shut_out.count()),
      remembered_(options.remember, options.remembered_passwords) {
    plaintext_from_.set(std::make_shared<const std::vector<Network>>(options.plaintext_from));
}

Authenticator::~Authenticator() = default;

void Authenticator::configure(const AuthenticatorOptions& options) {
    plaintext_from_.set(std::make_shared<const std::vector<Network>>(options.plaintext_from));
    throttle_.configure(options.throttle);
    shut_out_seconds_ = options.throttle.shut_out.count();
    remembered_.configure(options.remember, options.remembered_passwords);
}

void Authenticator::end_delays() { delays_.end(); }

void Authenticator::stop() { pool_.stop(); }

bool Authenticator::plaintext_allowed(const std::string& address) const {
    const auto networks = plaintext_from_.get();
    return any_contains(*networks, address);
}

void Authenticator::log(services::Level level, std::string_view event, const LoginAttempt& attempt,
                        services::EventLog::Fields more) const {
    services::EventLog::Fields fields{{"mechanism", attempt.mechanism}, {"address", attempt.address}};
    for (auto& field : more) fields.push_back(std::move(field));
    log_.write(level, attempt.area, attempt.session, event, fields);
}

// Bans are read only from the store: they hold for all processes, over restarts, and until an administrator lifts them.
asio::awaitable<std::optional<Refusal>> Authenticator::refuse_shut_out(LoginAttempt attempt) {
    if (throttle_.is_exempt(attempt.address)) co_return std::nullopt;
    const std::int64_t now = now_();
    const Result<std::optional<storage::Ban>> ban =
        co_await store_.read(storage::find_ban(client_network_name(attempt.address), now));
    if (!ban || !*ban) {
        // Known to be absent: an administrator has lifted it.
        if (ban && throttle_.shut_out(attempt.address)) throttle_.forget(attempt.address);
        co_return std::nullopt;
    }
    log(services::Level::info, "login-shut-out", attempt, {{"user", attempt.user}, {"seconds", (*ban)->until - now}});
    co_return Refusal{Reason::throttled, "too many failed log-ins from your address: try again later"};
}

asio::awaitable<void> Authenticator::shut_out(LoginAttempt attempt) {
    const std::int64_t now = now_();
    const std::int64_t until = now + shut_out_seconds_;
    log(services::Level::warn, "address-shut-out", attempt, {{"seconds", until - now}});
    storage::Operation<std::monostate> put =
        storage::put_ban({.address = client_network_name(attempt.address), .since = now, .until = until});
    const Result<std::monostate> kept = co_await store_.write(std::move(put));
    if (!kept) log(services::Level::error, "shut-out-not-kept", attempt, {{"reason", kept.error().text}});
}

asio::awaitable<std::optional<storage::AccountCredentials>> Authenticator::look_up(std::string user) {
    std::string domain;
    if (user.find('@') == std::string::npos) {
        Result<std::string> named = co_await store_.read(storage::default_domain());
        if (named) domain = std::move(*named);
    }
    const std::optional<std::string> name = account_name(user, domain);
    if (!name) co_return std::nullopt;
    Result<storage::AccountCredentials> found = co_await store_.read(storage::find_credentials(*name));
    if (!found) co_return std::nullopt;
    co_return std::move(*found);
}

asio::awaitable<Refusal> Authenticator::fail(LoginAttempt attempt, std::optional<std::uint64_t> proof) {
    const Throttle::Verdict verdict = throttle_.failed(attempt.address, proof);
    log(services::Level::info, "login-failed", attempt, {{"user", attempt.user}});
    if (verdict.shut_out) co_await shut_out(attempt);
    co_await delays_.wait(verdict.delay);
    co_return Refusal{Reason::authentication_failed, wrong};
}

asio::awaitable<Result<Identity>> Authenticator::check_password(LoginAttempt attempt, std::string password) {
    std::optional<Refusal> away = co_await refuse_shut_out(attempt);
    if (away) co_return std::unexpected(std::move(*away));
    const auto read_at = std::chrono::steady_clock::now();
    const std::optional<storage::AccountCredentials> found = co_await look_up(attempt.user);
    const std::string encoded = found ? found->credentials.argon2id : unmatchable_;
    const std::string name = found ? found->account.name : attempt.user;

    bool remembered = found && remembered_.knows(name, encoded, password);
    if (!remembered) {
        std::function<bool()> verify = [encoded, password] {
            return password.size() <= password_octets_most && verify_password(encoded, password);
        };
        const std::optional<bool> matches = co_await pool_.run(std::move(verify));
        if (!matches) {
            log(services::Level::warn, "login-deferred", attempt, {{"reason", "too many password checks are waiting"}});
            co_return storage::refuse(Reason::unavailable, "too busy to check a password: try again");
        }
        if (!found || !*matches) {
            const std::uint64_t proof = remembered_.proof_of(name, password);
            Refusal refusal = co_await fail(std::move(attempt), proof);
            co_return std::unexpected(std::move(refusal));
        }
        remembered_.remember(name, encoded, password);
    }
    log(services::Level::debug, "password-right", attempt, {{"account", name}});
    co_return identity_of(*found, read_at);
}

asio::awaitable<Result<services::Authenticator::ScramRecord>> Authenticator::scram_record(LoginAttempt attempt) {
    std::optional<Refusal> away = co_await refuse_shut_out(attempt);
    if (away) co_return std::unexpected(std::move(*away));
    const auto read_at = std::chrono::steady_clock::now();
    const std::optional<storage::AccountCredentials> found = co_await look_up(attempt.user);
    if (!found || found->credentials.scram_sha_256.stored_key.empty()) {
        co_return ScramRecord{std::nullopt, made_up_keys(scram_secret_, attempt.user, cost_.scram_iterations)};
    }
    co_return ScramRecord{identity_of(*found, read_at), found->credentials.scram_sha_256};
}

asio::awaitable<void> Authenticator::scram_finished(LoginAttempt attempt, bool succeeded) {
    if (succeeded) {
        log(services::Level::debug, "proof-right", attempt, {{"account", attempt.user}});
        co_return;
    }
    // With SCRAM we do not see the password, so each failure counts.
    [[maybe_unused]] const Refusal told_by_the_exchange = co_await fail(std::move(attempt), std::nullopt);
}

}  // namespace server::auth
