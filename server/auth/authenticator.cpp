// Log-ins. An unknown user costs the same work and gets the same answer as a wrong password.
#include "server/auth/authenticator.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/sasl/scram_keys.h"
#include "server/auth/account_name.h"
#include "server/auth/app_passwords.h"
#include "server/auth/found.h"
#include "storage/audit.h"
#include "storage/bans.h"
#include "storage/domains.h"
#include "storage/known_networks.h"
#include "storage/login_networks.h"
#include "storage/store_await.h"

namespace server::auth {

using services::Identity;
using services::LoginAttempt;
using storage::Reason;
using storage::Refusal;
using storage::Result;

namespace {

constexpr const char* wrong = "wrong user name or password";

constexpr std::int64_t costs_lifetime_seconds = 60;
constexpr std::int64_t network_noted_seconds = 86'400;  // a log-in from a known network is noted once a day

std::uint64_t number_of(std::string_view secret, std::string_view name) {
    std::uint64_t number = 0;
    std::memcpy(&number, sasl::hmac_sha256(secret, name).data(), sizeof number);
    return number;
}

// Who waits with whom for a thread that hashes. Clients that an account knows have turns and places of their own, which
// strangers cannot take, in turn among these accounts: whose hashes they are may be theirs to waste.
net::WorkerPool::Party hash_party(const std::string& address, std::optional<storage::AccountId> known_to) {
    const AddressOctets octets = parse_address(address).value_or(AddressOctets{});
    net::WorkerPool::Party party{known_to ? "known" : "strangers"};
    const auto add = [&](const AddressOctets& network) { party.emplace_back(network.begin(), network.end()); };
    if (known_to) {
        party.push_back(std::to_string(known_to->value));
        add(client_network(octets));
    } else {
        std::ranges::for_each(networks_in_turn(octets), add);
    }
    return party;
}

}  // namespace

Authenticator::Authenticator(storage::Store& store, services::EventLog& log, const AuthenticatorOptions& options)
    : store_(store),
      log_(log),
      cost_(options.cost),
      now_(options.now),
      scram_secret_(options.scram_secret),
      unmatchable_(unmatchable_salt_and_hash()),
      patience_(options.patience),
      pool_("passwords", options.hash_threads, options.checks_waiting),
      throttle_(options.throttle),
      reservations_(throttle_, options.checks_waiting.of_one),
      guesses_(options.guesses),
      known_networks_(options.known_networks),
      login_networks_(options.login_networks),
      codes_most_(options.codes.most),
      shut_out_seconds_(options.throttle.shut_out.count()),
      remembered_(options.remember, options.remembered_passwords) {
    plaintext_from_.set(std::make_shared<const std::vector<Network>>(options.plaintext_from));
}

Authenticator::~Authenticator() { stop(); }  // its jobs use what is destroyed first

void Authenticator::configure(const AuthenticatorOptions& options) {
    plaintext_from_.set(std::make_shared<const std::vector<Network>>(options.plaintext_from));
    throttle_.configure(options.throttle);
    guesses_.configure(options.guesses);
    known_networks_ = options.known_networks;
    login_networks_ = options.login_networks;
    codes_most_ = options.codes.most;
    shut_out_seconds_ = options.throttle.shut_out.count();
    remembered_.configure(options.remember, options.remembered_passwords);
}

void Authenticator::end_delays() {
    delays_.end();
    reservations_.end_waits();
}

void Authenticator::stop() { pool_.stop(); }

bool Authenticator::plaintext_allowed(const std::string& address) const {
    const auto networks = plaintext_from_.get();
    return any_contains(*networks, address);
}

// Repeated lines are left out: whoever fills the log with failures must not hide others in it.
void Authenticator::log(services::Level level, std::string_view event, const LoginAttempt& attempt,
                        services::EventLog::Fields more) {
    services::EventLog::Fields fields{{"mechanism", attempt.mechanism}, {"address", attempt.address}};
    for (auto& field : more) fields.push_back(std::move(field));
    if (level != services::Level::debug) {
        const std::optional<std::uint64_t> left_out = repeated_.tell(event, client_network_name(attempt.address));
        if (!left_out) return;
        if (*left_out != 0) fields.emplace_back("left_out", *left_out);
    }
    log_.write(level, attempt.area, attempt.session, event, fields);
}

void Authenticator::log_left_out() {
    for (const RepeatedLines::LeftOut& one : repeated_.take_ended()) {
        log_.write(services::Level::info, "auth", "", one.event, {{"address", one.address}, {"left_out", one.lines}});
    }
}

// Bans are read only from the store: they hold for all processes, over restarts, and until an administrator lifts them.
asio::awaitable<std::optional<Refusal>> Authenticator::refuse_shut_out(LoginAttempt attempt) {
    if (throttle_.is_exempt(attempt.address)) co_return std::nullopt;
    std::int64_t seconds = shut_out_seconds_;
    if (throttle_.ban_pending(attempt.address)) {
        co_await store_ban(attempt);
    } else {
        const bool was_shut_out = throttle_.shut_out(attempt.address).has_value();
        const std::int64_t now = now_();
        const Result<std::optional<storage::Ban>> ban =
            co_await store_.read(storage::find_ban(client_network_name(attempt.address), now));
        if (!ban || !*ban) {
            if (ban && was_shut_out) throttle_.forget(attempt.address);  // an administrator has lifted it
            co_return std::nullopt;
        }
        seconds = (*ban)->until - now;
    }
    log(services::Level::info, "login-shut-out", attempt,
        {{"user", services::of_peer(attempt.user)}, {"seconds", seconds}});
    co_await delays_.wait(throttle_.delay(attempt.address));
    co_return Refusal{Reason::throttled, "too many failed log-ins from your address: try again later"};
}

// If no one else does.
asio::awaitable<void> Authenticator::store_ban(LoginAttempt attempt) {
    if (!throttle_.take_owed_ban(attempt.address)) co_return;
    const std::int64_t now = now_();
    const std::int64_t until = now + shut_out_seconds_;
    log(services::Level::warn, "address-shut-out", attempt, {{"seconds", until - now}});
    const std::string network = client_network_name(attempt.address);
    // Bans are guessers' doing: as many as they like must not push out what people have changed.
    storage::Operation<std::monostate> put =
        storage::audited(storage::put_ban({.address = network, .since = now, .until = until}),
                         {.at = now,
                          .kind = storage::AuditKind::failure,
                          .actor = {},
                          .action = "ban.set",
                          .subject = network,
                          .detail = attempt.area + " " + std::to_string(until - now) + " s",
                          .address = attempt.address});
    const Result<std::monostate> kept = co_await store_.write(std::move(put));
    if (!kept) log(services::Level::error, "shut-out-not-kept", attempt, {{"reason", kept.error().text}});
    throttle_.ban_stored(attempt.address);
}

asio::awaitable<Authenticator::Subject> Authenticator::look_up(LoginAttempt attempt, const std::string* password) {
    Subject subject;
    subject.network = client_network_name(attempt.address);
    subject.wide_network = wide_network_name(attempt.address);
    std::string domain;
    if (attempt.user.find('@') == std::string::npos) {
        Result<std::string> named = co_await store_.read(storage::default_domain());
        if (named) domain = std::move(*named);
    }
    Asked asked{.name = account_name(attempt.user, domain),
                .labelled = labelled_name(attempt.user),
                .network = subject.network,
                .wide_network = subject.wide_network,
                .app_password_hash = password == nullptr ? std::nullopt : app_password_hash(*password),
                .for_scram = password == nullptr,
                .now = now_()};
    if (asked.labelled) {
        const std::optional<std::string> account = account_name(asked.labelled->account, domain);
        if (account)
            asked.labelled->account = *account;
        else
            asked.labelled.reset();
    }
    subject.asked = asked.name.value_or(base::lower(attempt.user));
    subject.name = asked.labelled ? asked.labelled->account : asked.name.value_or(attempt.user);
    subject.number = number_of(scram_secret_, subject.name);
    if (!asked.name && !asked.labelled) co_return subject;
    storage::Query<Found> query = find(std::move(asked));
    Result<Found> found = co_await store_.read(std::move(query));
    if (!found) co_return subject;
    subject.name = found->credentials.account.name;
    subject.number = number_of(scram_secret_, subject.name);
    subject.labelled = found->labelled;
    if (found->credentials.account.suspended) {  // answered like a name that does not exist
        subject.suspended = std::move(found->credentials.credentials);
        co_return subject;
    }
    subject.found = std::move(found->credentials);
    subject.known_since = found->known_since;
    subject.noted = found->noted;
    subject.app_password = std::move(found->app_password);
    subject.second_factor = found->second_factor;
    co_return subject;
}

// What the store has lately told of costs; what they are is no secret of a moment.
asio::awaitable<std::shared_ptr<const StoredCosts>> Authenticator::costs() {
    std::shared_ptr<const StoredCosts> known = costs_.get();
    const std::int64_t now = now_();
    if (known && now < costs_until_) co_return known;
    costs_until_ = now + costs_lifetime_seconds;  // only one reads them anew
    storage::Query<std::vector<storage::CredentialCost>> query = storage::credential_costs();
    const Result<std::vector<storage::CredentialCost>> stored =
        co_await store_.read_long(storage::AccountId{}, std::move(query));
    known = std::make_shared<const StoredCosts>(stored.value_or(std::vector<storage::CredentialCost>{}), cost_);
    costs_.set(known);
    co_return known;
}

// While many guess at an account, log-ins to it from strange networks wait before they are judged, right or wrong.
asio::awaitable<void> Authenticator::slow_down(LoginAttempt attempt, Subject subject) {
    if (subject.known_since) co_return;
    const std::chrono::seconds delay = guesses_.delay(subject.number);
    if (delay.count() == 0) co_return;
    log(services::Level::info, "login-slowed", attempt,
        {{"user", services::of_peer(attempt.user)}, {"seconds", delay.count()}});
    co_await delays_.wait(delay);
}

// The answer if an attempt could not be judged: its address was banned meanwhile, or too much waits.
asio::awaitable<Refusal> Authenticator::not_judged(LoginAttempt attempt, bool known) {
    if (!known) throttle_.not_judged(attempt.address);
    std::optional<Refusal> away = co_await refuse_shut_out(attempt);
    if (away) co_return *std::move(away);
    log(services::Level::warn, "login-deferred", attempt, {{"reason", "too many password checks are waiting"}});
    co_await delays_.wait(throttle_.delay(attempt.address));
    co_return Refusal{Reason::unavailable, "too busy to check a password: try again"};
}

Throttle::Verdict Authenticator::count_failure(const LoginAttempt& attempt, const Subject& subject,
                                               std::optional<std::uint64_t> proof) {
    const Throttle::Verdict verdict = throttle_.failed(attempt.address, proof);
    note_failure(attempt, subject, verdict);
    return verdict;
}

void Authenticator::note_failure(const LoginAttempt& attempt, const Subject& subject, Throttle::Verdict verdict) {
    log(services::Level::info, "login-failed", attempt, {{"user", services::of_peer(attempt.user)}});
    if (verdict.counted && !subject.known_since && guesses_.failed(subject.number)) {
        log(services::Level::warn, "account-guessed-at", attempt, {{"user", services::of_peer(attempt.user)}});
    }
}

asio::awaitable<Refusal> Authenticator::answer_failure(LoginAttempt attempt, Throttle::Verdict verdict) {
    if (verdict.shut_out) co_await store_ban(attempt);
    co_await delays_.wait(verdict.delay);
    co_return Refusal{Reason::authentication_failed, wrong};
}

// Log-ins from many networks at once are hardly one person's; those from this machine say nothing of where that is.
asio::awaitable<void> Authenticator::note_network(LoginAttempt attempt, Subject subject) {
    const std::size_t most = login_networks_.load();
    const std::optional<AddressOctets> address = parse_address(attempt.address);
    if (subject.noted || most == 0 || !address || is_this_machine(*address)) co_return;
    storage::Operation<std::size_t> note =
        storage::note_login_network(subject.found->account.id, subject.wide_network, now_());
    const Result<std::size_t> networks = co_await store_.write(std::move(note));
    if (!networks || *networks <= most) co_return;
    log(services::Level::warn, "many-networks", attempt, {{"account", subject.name}, {"networks", *networks}});
    const locking::Lock lock(spread_mutex_);
    if (std::ranges::find(spread_, subject.name, &storage::Account::name) == spread_.end())
        spread_.push_back(subject.found->account);
}

std::vector<storage::Account> Authenticator::take_spread_accounts() {
    const locking::Lock lock(spread_mutex_);
    return std::exchange(spread_, {});
}

asio::awaitable<void> Authenticator::note_success(LoginAttempt attempt, Subject subject) {
    throttle_.forgive(attempt.address, subject.number);
    co_await note_network(attempt, subject);
    const std::int64_t now = now_();
    if (subject.known_since && now - *subject.known_since < network_noted_seconds) co_return;
    storage::Operation<std::monostate> note =
        storage::note_known_network(subject.found->account.id, std::move(subject.network), now, known_networks_.load());
    // If the disk is full, it stays a stranger: no reason to refuse a log-in.
    [[maybe_unused]] const Result<std::monostate> noted = co_await store_.write(std::move(note));
}

asio::awaitable<std::optional<bool>> Authenticator::verify(net::WorkerPool::Party party, std::string name,
                                                           std::string encoded, std::string password) {
    std::function<bool()> check = [this, name = std::move(name), encoded = std::move(encoded),
                                   password = std::move(password)] {
        // Another attempt with the same password may have been judged while this one waited.
        if (remembered_.knows(name, encoded, password)) return true;
        if (remembered_.knows_wrong(name, encoded, password)) return false;
        const bool right = password.size() <= password_octets_most && verify_password(encoded, password);
        if (right) {
            remembered_.remember(name, encoded, password);
        } else {
            remembered_.remember_wrong(name, encoded, password);
        }
        return right;
    };
    co_return co_await hash(std::move(party), std::move(check));
}

asio::awaitable<std::optional<bool>> Authenticator::hash(net::WorkerPool::Party party, std::function<bool()> job) {
    const auto outcome = std::make_shared<bool>();
    net::WorkerPool::Slice slice = [outcome, job = std::move(job)] {
        *outcome = job();
        return false;
    };
    const bool done = co_await pool_.run(std::move(party), std::move(slice));
    if (!done) co_return std::nullopt;
    co_return *outcome;
}

asio::awaitable<std::string> Authenticator::renew(LoginAttempt attempt, storage::AccountCredentials found,
                                                  std::string password) {
    const std::string old = found.credentials.argon2id;
    if (!needs_renewal(found.credentials, cost_)) co_return old;
    const auto fresh = std::make_shared<storage::Credentials>();
    std::function<bool()> make = [fresh, password, cost = cost_] {
        *fresh = make_credentials(password, cost);
        return true;
    };
    const std::optional<bool> made = co_await hash(hash_party(attempt.address, found.account.id), std::move(make));
    if (!made) co_return old;  // the next log-in will do it
    storage::Operation<bool> operation = storage::renew_credentials(found.account.id, old, *fresh);
    const Result<bool> renewed = co_await store_.write(std::move(operation));
    if (!renewed || !*renewed) co_return old;
    log(services::Level::info, "hash-renewed", attempt, {{"account", found.account.name}});
    co_return fresh->argon2id;
}

asio::awaitable<std::string> Authenticator::hash_to_match(Subject subject) {
    // A name that says which app password is meant is no name for the account's own password.
    if (subject.found && subject.labelled) co_return parameters_of(subject.found->credentials.argon2id) + unmatchable_;
    if (subject.found) co_return subject.found->credentials.argon2id;
    if (subject.suspended) co_return parameters_of(subject.suspended->argon2id) + unmatchable_;
    const std::shared_ptr<const StoredCosts> usual = co_await costs();
    co_return usual->argon2_parameters(subject.number) + unmatchable_;
}

// What is known already costs no hash, and counts at once; all else is counted before its reservation ends.
asio::awaitable<Authenticator::Judgement> Authenticator::judge(LoginAttempt attempt, Subject subject,
                                                               std::string encoded, std::string password) {
    if (remembered_.knows(subject.name, encoded, password)) co_return Judgement{.judged = true};
    const std::uint64_t proof = remembered_.proof_of(subject.name, password);
    if (remembered_.knows_wrong(subject.name, encoded, password)) {
        co_return Judgement{.judged = true, .failure = count_failure(attempt, subject, proof)};
    }
    const std::optional<Reservations::Reservation> reserved =
        co_await reservations_.reserve(attempt.address, patience_);
    if (!reserved) co_return Judgement{};
    const bool known = subject.known_since.has_value();
    net::WorkerPool::Party party =
        hash_party(attempt.address, known ? std::optional(subject.found->account.id) : std::nullopt);
    const std::optional<bool> right = co_await verify(std::move(party), subject.name, encoded, std::move(password));
    if (!right) co_return Judgement{};
    if (*right) co_return Judgement{.judged = true};
    co_return Judgement{.judged = true, .failure = count_failure(attempt, subject, proof)};
}

asio::awaitable<Result<Identity>> Authenticator::check_password(LoginAttempt attempt, std::string password) {
    std::optional<Refusal> away = co_await refuse_shut_out(attempt);
    if (away) co_return std::unexpected(std::move(*away));
    const auto read_at = std::chrono::steady_clock::now();
    const Subject subject = co_await look_up(attempt, &password);
    co_await slow_down(attempt, subject);
    if (subject.app_password) {
        Result<Identity> accepted =
            co_await accept_app_password(std::move(attempt), subject, identity_of(*subject.found, read_at));
        co_return accepted;
    }
    const std::string encoded = co_await hash_to_match(subject);
    const Judgement judgement = co_await judge(attempt, subject, encoded, password);
    if (!judgement.judged) {
        Refusal refusal = co_await not_judged(std::move(attempt), subject.known_since.has_value());
        co_return std::unexpected(std::move(refusal));
    }
    if (judgement.failure) {
        Refusal refusal = co_await answer_failure(std::move(attempt), *judgement.failure);
        co_return std::unexpected(std::move(refusal));
    }
    const std::string renewed = co_await renew(attempt, *subject.found, password);
    if (renewed != encoded) remembered_.remember(subject.name, renewed, password);
    Identity identity = identity_of(*subject.found, read_at);
    if (subject.second_factor) {  // the throttle forgives nothing yet
        identity.code_needed = true;
        if (attempt.asks_code) co_return identity;
        log(services::Level::info, "app-password-needed", attempt, {{"account", subject.name}});
        co_return std::unexpected(app_password_needed());
    }
    co_await note_success(attempt, subject);
    log(services::Level::debug, "password-right", attempt, {{"account", subject.name}});
    co_return identity;
}

// It needs no hash of its own that takes long, and no reservation: nobody comes here by guessing.
asio::awaitable<Result<Identity>> Authenticator::accept_app_password(LoginAttempt attempt, Subject subject,
                                                                     Identity identity) {
    const storage::AppPassword& password = subject.app_password->password;
    if (!is_within(password.scope, attempt)) {
        log(services::Level::info, "app-password-out-of-scope", attempt,
            {{"account", subject.name}, {"label", password.label}});
        co_return std::unexpected(out_of_scope(password));
    }
    co_await note_success(attempt, subject);
    app_password_uses_.note(password, now_(), attempt.address);
    log(services::Level::info, "app-password", attempt, {{"account", subject.name}, {"label", password.label}});
    co_return with_app_password(std::move(identity), password);
}

asio::awaitable<void> Authenticator::look_after_app_passwords() {
    std::vector<storage::AppPasswordUse> uses = app_password_uses_.take();
    if (!uses.empty()) {
        storage::Operation<std::monostate> note = storage::note_app_password_uses(std::move(uses));
        // That it is not known when it was used does no harm.
        [[maybe_unused]] const Result<std::monostate> noted = co_await store_.write(std::move(note));
    }
    const std::int64_t now = now_();
    storage::Query<bool> any = storage::app_passwords_have_expired(now);
    const Result<bool> expired = co_await store_.read(std::move(any));
    if (!expired || !*expired) co_return;
    storage::Operation<std::vector<storage::ExpiredAppPassword>> remove = storage::remove_expired_app_passwords(now);
    const Result<std::vector<storage::ExpiredAppPassword>> removed = co_await store_.write(std::move(remove));
    if (!removed) co_return;
    for (const storage::ExpiredAppPassword& one : *removed) {
        log_.write(services::Level::info, "auth", "", "app-password-expired",
                   {{"account", one.account}, {"label", one.label}});
    }
}

void Authenticator::write_app_password_uses_now() {
    std::vector<storage::AppPasswordUse> uses = app_password_uses_.take();
    if (!uses.empty()) static_cast<void>(store_.write_now(storage::note_app_password_uses(std::move(uses))));
}

}  // namespace server::auth
