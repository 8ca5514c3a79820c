// LOGIN: name and password as arguments. RFC 3501 §6.2.3; LOGINDISABLED: §7.2.1.
// Also what follows every successful or failed log-in, by whatever command.
// Judging the password is the authenticator's.
#include "protocols/imap/session/refusals.h"
#include "protocols/imap/session/session.h"

namespace imap {

using storage::Result;

asio::awaitable<void> Session::run(wire::Login command) {
    if (!plaintext_login_allowed()) {
        answer_no("A password is taken only over TLS: use STARTTLS first", "PRIVACYREQUIRED");
        co_return;
    }
    services::Attempt by = attempt(std::move(command.user), "LOGIN");
    Result<services::Identity> identity =
        co_await services_.authenticator.check_password(std::move(by), std::move(command.password));
    if (identity) {
        logged_in(std::move(*identity), "LOGIN");
    } else {
        login_failed(identity.error());
    }
}

services::Attempt Session::attempt(std::string user, std::string_view mechanism) const {
    return {.user = std::move(user),
            .address = stream_.remote().address().to_string(),
            .session = log_.session(),
            .area = "imap",
            .mechanism = std::string(mechanism)};
}

void Session::logged_in(services::Identity identity, std::string_view mechanism) {
    storage::Result<std::unique_ptr<services::Place>> place =
        services_.places.take(identity.account, stream_.remote().address().to_string());
    if (!place) {
        turn_away(identity, place.error());
        return;
    }
    place_ = std::move(*place);
    identity_ = std::move(identity);
    offers_uid_only_ = identity_->uid_only;
    receiver_.set_limits(options_.commands);
    stream_.set_deadline(options_.timeout);
    log_.info("login", {{"account", identity_->name}, {"mechanism", std::string(mechanism)}});
    answer_capability_ok("Logged in");
}

// The client proved who it is, and cannot stay. NO comes before BYE: it is what clients show to people.
void Session::turn_away(const services::Identity& identity, const storage::Refusal& refusal) {
    log_.warn("turned_away", {{"account", identity.name}, {"why", refusal.text}});
    answer_no(refusal.text, refusal_code(refusal.reason));
    wire::ResponseWriter(reply_, utf8_).status("*", wire::Condition::bye, {}, "Too many connections");
    end("turned_away");
}

void Session::login_failed(const storage::Refusal& refusal) {
    if (refusal.reason == storage::Reason::authentication_failed) {
        answer_no("Wrong user name or password", refusal_code(refusal.reason));
    } else {
        answer_no(refusal);
    }
    if (++failed_logins_ >= options_.failed_logins) end("login_failures", "Too many failed log-ins");
}

}  // namespace imap
