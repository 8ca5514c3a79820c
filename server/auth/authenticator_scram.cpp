// SCRAM: the keys of the account's password, or of the app password that the name says. sasl verifies the proofs.
#include <utility>

#include "protocols/sasl/scram_keys.h"
#include "server/auth/app_passwords.h"
#include "server/auth/authenticator.h"
#include "server/auth/found.h"

namespace server::auth {

using services::LoginAttempt;
using storage::Refusal;
using storage::Result;

namespace {

// Made of the normal name: another spelling must not lead to another salt. As if the keys were made anew with the
// costs.
storage::ScramKeys made_up_keys(std::string_view secret, const std::string& name, std::uint32_t iterations) {
    const sasl::ScramKeys keys = sasl::fake_scram_keys(secret, std::to_string(iterations) + " " + name, iterations);
    return {keys.salt, keys.iterations, keys.stored_key, keys.server_key};
}

}  // namespace

// Holds one of the failures that the address has left; given up, it is one.
class Authenticator::Scram : public ScramExchange {
  public:
    // barred: it ends without a log-in even if the proof is right.
    Scram(Authenticator& owner, Reservations::Reservation reservation, LoginAttempt attempt, Subject subject,
          bool barred)
        : owner_(owner),
          attempt_(std::move(attempt)),
          subject_(std::move(subject)),
          barred_(barred),
          reservation_(std::move(reservation)) {}
    Scram(const Scram&) = delete;
    Scram& operator=(const Scram&) = delete;
    ~Scram() override {
        if (finished_) return;
        // A ban that this leads to is stored by the address's next attempt.
        owner_.note_failure(attempt_, subject_, owner_.throttle_.given_up(attempt_.address, subject_.number));
    }

    // The failure, as it was counted.
    std::optional<Throttle::Verdict> finish(bool succeeded) {
        finished_ = true;
        if (succeeded) return std::nullopt;
        return owner_.count_failure(attempt_, subject_, std::nullopt);  // we do not see the password: each one counts
    }
    const Subject& subject() const { return subject_; }
    bool barred() const { return barred_; }

  private:
    Authenticator& owner_;
    LoginAttempt attempt_;
    Subject subject_;
    const bool barred_;
    bool finished_ = false;
    Reservations::Reservation reservation_;
};

// The account's, or those of the app password that its name says; nullptr: there are none.
const storage::ScramKeys* Authenticator::scram_keys_of(const Subject& subject) {
    const storage::ScramKeys* keys = nullptr;
    if (subject.app_password) keys = &subject.app_password->scram_sha_256;
    if (subject.found && !subject.labelled) keys = &subject.found->credentials.scram_sha_256;
    return keys == nullptr || keys->stored_key.empty() ? nullptr : keys;
}

asio::awaitable<Result<services::Authenticator::ScramRecord>> Authenticator::scram_record(LoginAttempt attempt) {
    std::optional<Refusal> away = co_await refuse_shut_out(attempt);
    if (away) co_return std::unexpected(std::move(*away));
    const auto read_at = std::chrono::steady_clock::now();
    Subject subject = co_await look_up(attempt, nullptr);
    co_await slow_down(attempt, subject);
    std::optional<Reservations::Reservation> reserved = co_await reservations_.reserve(attempt.address, patience_);
    if (!reserved) {
        Refusal refusal = co_await not_judged(std::move(attempt), subject.known_since.has_value());
        co_return std::unexpected(std::move(refusal));
    }
    ScramRecord record;
    if (const storage::ScramKeys* keys = scram_keys_of(subject)) {
        record.identity = identity_of(*subject.found, read_at);
        record.keys = *keys;
        if (subject.second_factor && !subject.app_password) record.barred = app_password_needed();
        if (subject.app_password) {
            const storage::AppPassword& password = subject.app_password->password;
            record.identity = with_app_password(*std::move(record.identity), password);
            if (!is_within(password.scope, attempt)) record.barred = out_of_scope(password);
        }
    } else {
        const std::shared_ptr<const StoredCosts> usual = co_await costs();
        record.keys = made_up_keys(scram_secret_, subject.asked, usual->scram_iterations(subject.number));
        // What clients were told before: a suspension must not show.
        if (subject.suspended && !subject.labelled && !subject.suspended->scram_sha_256.stored_key.empty()) {
            record.keys.salt = subject.suspended->scram_sha_256.salt;
            record.keys.iterations = subject.suspended->scram_sha_256.iterations;
        }
    }
    record.exchange = std::make_unique<Scram>(*this, *std::move(reserved), std::move(attempt), std::move(subject),
                                              record.barred.has_value());
    co_return record;
}

asio::awaitable<void> Authenticator::scram_finished(LoginAttempt attempt, std::unique_ptr<ScramExchange> exchange,
                                                    bool succeeded) {
    auto& scram = dynamic_cast<Scram&>(*exchange);
    const std::optional<Throttle::Verdict> failure = scram.finish(succeeded);
    const Subject subject = scram.subject();
    const bool barred = scram.barred();
    exchange.reset();  // or its reservation would last as long as the delay
    if (failure) {
        [[maybe_unused]] const Refusal told_by_the_exchange = co_await answer_failure(std::move(attempt), *failure);
        co_return;
    }
    if (barred) {
        log(services::Level::info, "login-barred", attempt, {{"account", subject.name}});
        co_return;
    }
    co_await note_success(attempt, subject);
    if (subject.app_password) app_password_uses_.note(subject.app_password->password, now_(), attempt.address);
    log(services::Level::debug, "proof-right", attempt, {{"account", subject.name}});
}

}  // namespace server::auth
