// SASL exchanges over any protocol's challenges and responses. RFC 4422 §3, RFC 5802 §5. The authenticator checks the
// credentials, the protocol writes the challenges.
#include "protocols/services/login.h"

#include <utility>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"

namespace services {
namespace {

constexpr std::string_view exporter_binding = "tls-exporter";
constexpr std::string_view end_point_binding = "tls-server-end-point";

using Outcome = std::expected<LoginSuccess, LoginFailure>;

std::unexpected<LoginFailure> fail(LoginFailure::Kind kind, storage::Refusal refusal = {}) {
    return std::unexpected(LoginFailure{kind, std::move(refusal)});
}

std::unexpected<LoginFailure> refuse_login(std::string text) {
    return fail(LoginFailure::Kind::refused, {storage::Reason::authentication_failed, std::move(text)});
}

// RFC 4422 §3.4.1: acting for another user is not supported.
bool acts_for_itself(const std::string& authzid, const std::string& authcid, const Identity& identity) {
    return authzid.empty() || base::iequals(authzid, authcid) || base::iequals(authzid, identity.name);
}

sasl::ExchangeOptions options_for(const net::Stream& stream) {
    sasl::ExchangeOptions options;
    for (const std::string_view name : {exporter_binding, end_point_binding}) {
        std::string data = stream.channel_binding(name);
        if (!data.empty()) options.channel_bindings.push_back({std::string(name), std::move(data)});
    }
    options.plus_offered = !options.channel_bindings.empty();
    return options;
}

// One exchange: gets what it needs from the client and the authenticator.
class Conversation {
  public:
    Conversation(std::unique_ptr<sasl::Exchange> exchange, Authenticator& authenticator, LoginAttempt attempt,
                 SendChallenge send_challenge)
        : exchange_(std::move(exchange)),
          authenticator_(authenticator),
          attempt_(std::move(attempt)),
          send_challenge_(std::move(send_challenge)) {}

    asio::awaitable<Outcome> run(std::optional<ChallengeAnswer> initial) {
        sasl::Step step = begin(std::move(initial));
        while (!failure_) {
            if (auto* challenge = std::get_if<sasl::Challenge>(&step)) {
                step = co_await respond(std::move(challenge->octets));
            } else if (auto* check = std::get_if<sasl::CheckPassword>(&step)) {
                step = co_await check_password(std::move(*check));
            } else if (auto* need = std::get_if<sasl::NeedScramKeys>(&step)) {
                step = co_await find_keys(std::move(need->user));
            } else if (auto* succeeded = std::get_if<sasl::Succeeded>(&step)) {
                co_return co_await succeed(std::move(*succeeded));
            } else {
                co_return co_await give_up(std::get<sasl::Failed>(std::move(step)));
            }
        }
        co_return std::unexpected(std::move(*failure_));
    }

  private:
    asio::awaitable<sasl::Step> respond(std::string challenge) {
        ChallengeAnswer answer = co_await send_challenge_(std::move(challenge));
        std::optional<std::string> octets = octets_of(std::move(answer));
        if (!octets) co_return sasl::Failed{};
        co_return exchange_->respond(std::move(*octets));
    }

    sasl::Step begin(std::optional<ChallengeAnswer> initial) {
        if (!initial) return exchange_->start(std::nullopt);
        std::optional<std::string> octets = octets_of(std::move(*initial));
        if (!octets) return sasl::Failed{};
        return exchange_->start(std::move(octets));
    }

    // Nothing: the client cancelled, or sent no base64; then there is a failure.
    std::optional<std::string> octets_of(ChallengeAnswer answer) {
        if (auto* octets = std::get_if<std::string>(&answer)) return std::move(*octets);
        const bool cancelled = std::holds_alternative<Cancelled>(answer);
        failure_ = LoginFailure{cancelled ? LoginFailure::Kind::cancelled : LoginFailure::Kind::malformed, {}};
        return std::nullopt;
    }

    asio::awaitable<sasl::Step> check_password(sasl::CheckPassword check) {
        attempt_.user = check.authcid;
        storage::Result<Identity> identity =
            co_await authenticator_.check_password(attempt_, std::move(check.password));
        if (!identity) {
            failure_ = LoginFailure{LoginFailure::Kind::refused, std::move(identity.error())};
            co_return sasl::Failed{};
        }
        identity_ = std::move(*identity);
        co_return exchange_->password_checked(true);
    }

    asio::awaitable<sasl::Step> find_keys(std::string user) {
        attempt_.user = std::move(user);
        storage::Result<Authenticator::ScramRecord> record = co_await authenticator_.scram_record(attempt_);
        if (!record) {
            failure_ = LoginFailure{LoginFailure::Kind::refused, std::move(record.error())};
            co_return sasl::Failed{};
        }
        scram_ = std::move(record->exchange);
        is_scram_ = true;
        identity_ = std::move(record->identity);
        barred_ = std::move(record->barred);
        storage::ScramKeys& keys = record->keys;
        co_return exchange_->scram_keys(sasl::ScramKeys{std::move(keys.salt), keys.iterations,
                                                        std::move(keys.stored_key), std::move(keys.server_key)});
    }

    asio::awaitable<Outcome> succeed(sasl::Succeeded succeeded) {
        const bool granted = identity_ && acts_for_itself(succeeded.authzid, succeeded.authcid, *identity_);
        if (is_scram_) co_await authenticator_.scram_finished(attempt_, std::move(scram_), granted);
        if (!granted) co_return refuse_login("may not act for " + succeeded.authzid);
        if (barred_) co_return fail(LoginFailure::Kind::refused, *std::move(barred_));
        if (!succeeded.final_data.empty()) {
            const ChallengeAnswer answer = co_await send_challenge_(std::move(succeeded.final_data));
            if (std::holds_alternative<Cancelled>(answer)) co_return fail(LoginFailure::Kind::cancelled);
            const auto* response = std::get_if<std::string>(&answer);
            if (response == nullptr || !response->empty()) co_return fail(LoginFailure::Kind::malformed);
        }
        co_return LoginSuccess{std::move(*identity_)};
    }

    asio::awaitable<Outcome> give_up(sasl::Failed failed) {
        // Malformed SCRAM proves nothing and is given up; a wrong proof is a guess at the password.
        if (failed.fault == sasl::Failed::Fault::malformed) co_return fail(LoginFailure::Kind::malformed);
        if (is_scram_) co_await authenticator_.scram_finished(attempt_, std::move(scram_), false);
        co_return refuse_login(std::move(failed.what));
    }

    std::unique_ptr<sasl::Exchange> exchange_;
    Authenticator& authenticator_;
    LoginAttempt attempt_;
    SendChallenge send_challenge_;
    std::optional<Identity> identity_;
    std::optional<LoginFailure> failure_;
    std::optional<storage::Refusal> barred_;
    bool is_scram_ = false;
    std::unique_ptr<Authenticator::ScramExchange> scram_;  // until it is finished
};

}  // namespace

ChallengeAnswer decode_response(std::string_view line) {
    if (line == "*") return Cancelled{};
    std::optional<std::string> decoded = base::decode_base64(line);
    if (!decoded) return Malformed{};
    return std::move(*decoded);
}

ChallengeAnswer decode_initial_response(std::string_view text) {
    if (text == "=") return std::string();
    return decode_response(text);
}

asio::awaitable<ChallengeAnswer> ask_by_line(net::Stream& stream, std::string_view prefix, std::size_t line_octets,
                                             std::string challenge) {
    stream.write(std::string(prefix) + base::encode_base64(challenge) + "\r\n");
    co_await stream.flush();
    const net::ReadLine read = co_await stream.read_line(line_octets);
    const auto* line = std::get_if<net::Line>(&read);
    if (line == nullptr) co_return Malformed{};
    co_return decode_response(line->text);
}

bool password_may_be_sent(const net::Stream& stream, const Authenticator& authenticator) {
    return stream.is_tls() || authenticator.plaintext_allowed(stream.remote().address().to_string());
}

std::vector<std::string_view> offered_mechanisms(const net::Stream& stream, const Authenticator& authenticator,
                                                 Binding binding) {
    const bool password_allowed = password_may_be_sent(stream, authenticator);
    const bool bindable = binding == Binding::offered && !stream.channel_binding(exporter_binding).empty();
    std::vector<std::string_view> offered;
    for (const sasl::Mechanism& mechanism : sasl::mechanisms()) {
        const bool possible = mechanism.plaintext_password
                                  ? password_allowed
                                  : authenticator.scram_offered() && (!mechanism.needs_tls || bindable);
        if (possible) offered.push_back(mechanism.name);
    }
    return offered;
}

std::unique_ptr<sasl::Exchange> begin_exchange(std::string_view mechanism, const net::Stream& stream,
                                               const Authenticator& authenticator, Binding binding) {
    const sasl::Mechanism* known = sasl::find_mechanism(mechanism);
    if (known == nullptr) return nullptr;
    if (known->plaintext_password && !password_may_be_sent(stream, authenticator)) return nullptr;
    if (!known->plaintext_password && !authenticator.scram_offered()) return nullptr;
    return sasl::make_exchange(mechanism, binding == Binding::offered ? options_for(stream) : sasl::ExchangeOptions{});
}

asio::awaitable<std::expected<LoginSuccess, LoginFailure>> run_login(std::unique_ptr<sasl::Exchange> exchange,
                                                                     std::optional<ChallengeAnswer> initial,
                                                                     Authenticator& authenticator, LoginAttempt attempt,
                                                                     SendChallenge send_challenge) {
    Conversation conversation(std::move(exchange), authenticator, std::move(attempt), std::move(send_challenge));
    co_return co_await conversation.run(std::move(initial));
}

}  // namespace services
