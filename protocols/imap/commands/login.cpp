// Who is it? LOGIN, AUTHENTICATE, UNAUTHENTICATE, and what follows a log-in by any of them.
#include <utility>

#include "protocols/imap/session/refusals.h"
#include "protocols/imap/session/session.h"
#include "protocols/sasl/exchange.h"
#include "protocols/services/login.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// LOGIN: name and password as arguments. RFC 3501 §6.2.3; LOGINDISABLED: §7.2.1.
// Also what follows every successful or failed log-in, by whatever command.
// Judging the password is the authenticator's.
asio::awaitable<void> Session::run(wire::Login command) {
    if (!plaintext_login_allowed()) {
        answer_no("A password is taken only over TLS: use STARTTLS first", "PRIVACYREQUIRED");
        co_return;
    }
    services::LoginAttempt by = attempt(std::move(command.user), "LOGIN");
    Result<services::Identity> identity =
        co_await services_.authenticator.check_password(std::move(by), std::move(command.password));
    if (identity) {
        logged_in(std::move(*identity), "LOGIN");
    } else {
        login_failed(identity.error());
    }
}

services::LoginAttempt Session::attempt(std::string user, std::string_view mechanism) const {
    return {.user = std::move(user),
            .address = stream_.remote().address().to_string(),
            .session = log_.session(),
            .area = "imap",
            .mechanism = std::string(mechanism)};
}

void Session::logged_in(services::Identity identity, std::string_view mechanism) {
    storage::Result<std::unique_ptr<services::ConnectionSlot>> place = services_.connection_limit.take(
        identity, stream_.remote().address().to_string(), services::log_out_of(stream_));
    if (!place) {
        turn_away(identity, place.error());
        return;
    }
    connection_slot_ = std::move(*place);
    identity_ = std::move(identity);
    offers_uid_only_ = identity_->uid_only;
    receiver_.set_limits(options_.commands);
    stream_.set_deadline(options_.timeout);
    log_.info("login", {{"account", identity_->name}, {"mechanism", std::string(mechanism)}});
    answer_capability_ok("Logged in");
}

// The client proved who it is, and cannot stay. NO comes before BYE: it is what clients show to people.
void Session::turn_away(const services::Identity& identity, const storage::Refusal& refusal) {
    log_.warn("turned-away", {{"account", identity.name}, {"reason", refusal.text}});
    answer_no(refusal.text, refusal_code(refusal.reason));
    wire::ResponseWriter(reply_, utf8_).status("*", wire::Condition::bye, {}, "Too many connections");
    end("turned-away");
}

void Session::login_failed(const storage::Refusal& refusal) {
    if (refusal.reason == storage::Reason::authentication_failed) {
        answer_no("Wrong user name or password", refusal_code(refusal.reason));
    } else {
        answer_no(refusal);
    }
    if (++failed_logins_ >= options_.failed_logins) end("login_failures", "Too many failed log-ins");
}

// AUTHENTICATE: a SASL exchange on lines of its own. RFC 3501 §6.2.2; initial response: RFC 4959; SCRAM: RFC 5802,
// 7677. The steps are services::run_login's; here they become "+ base64" and a line from the client. A server's last
// word (SCRAM) travels as one more challenge, which the client answers with an empty line.
awaitable<void> Session::run(wire::Authenticate command) {
    const sasl::Mechanism* mechanism = sasl::find_mechanism(command.mechanism);
    if (mechanism == nullptr) {
        answer_no("There is no such mechanism", "CANNOT");
        co_return;
    }
    if (!offers(*mechanism)) {
        answer_no("This mechanism needs TLS: use STARTTLS first", "PRIVACYREQUIRED");
        co_return;
    }
    std::optional<std::string> initial;
    if (command.initial_response) {
        services::ChallengeAnswer decoded = services::decode_initial_response(*command.initial_response);
        auto* octets = std::get_if<std::string>(&decoded);
        if (octets == nullptr) {
            answer_bad("The initial response is not base64");
            co_return;
        }
        initial = std::move(*octets);
    }
    std::unique_ptr<sasl::Exchange> exchange =
        services::begin_exchange(mechanism->name, stream_, services_.authenticator);
    if (!exchange) {
        answer_no("This mechanism cannot be used on this connection", "CANNOT");
        co_return;
    }
    const services::SendChallenge send = [this](std::string octets) {
        return services::ask_by_line(stream_, "+ ", options_.line_octets_before_login, std::move(octets));
    };
    std::expected<services::LoginSuccess, services::LoginFailure> login = co_await services::run_login(
        std::move(exchange), std::move(initial), services_.authenticator, attempt({}, mechanism->name), send);
    if (!login) {
        using Kind = services::LoginFailure::Kind;
        if (login.error().kind == Kind::refused) {
            login_failed(login.error().refusal);
        } else {
            answer_bad(login.error().kind == Kind::cancelled ? "Cancelled, as you wish" : "That is no valid response");
            count_bad();
        }
        co_return;
    }
    logged_in(std::move(login->identity), mechanism->name);
}

// UNAUTHENTICATE: back to where a connection begins, with TLS kept. RFC 8437.
// Nothing of who was logged in stays, nor of what was enabled; what was compressed ends with the answer (§4.1).
// The count of failed log-ins is the connection's, and stays.
asio::awaitable<void> Session::run(wire::Unauthenticate /*command*/) {
    log_.info("unauthenticate", {{"account", identity_->name}});
    unselect();
    notification_.reset();
    connection_slot_.reset();
    identity_.reset();
    keywords_ = {};
    condstore_ = qresync_ = rev2_ = false;
    offers_uid_only_ = uid_only_ = false;
    utf8_accept_ = utf8_ = false;
    receiver_.set_utf8(false);
    receiver_.set_limits(options_.commands_before_login_limits);
    stream_.set_deadline(options_.login_timeout);
    commands_ = 0;

    answer_capability_ok("Nobody is logged in");
    stream_.write(std::exchange(reply_, {}));
    if (stream_.is_deflating()) co_await stream_.stop_deflate();
}

}  // namespace imap
