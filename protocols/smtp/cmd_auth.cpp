// AUTH: a log-in. RFC 4954; sasl has the mechanisms, services/login runs the exchange. Nothing of the exchange is
// logged; the authenticator logs the user and the client's address.
#include <utility>

#include "protocols/base/text.h"
#include "protocols/sasl/exchange.h"
#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

asio::awaitable<void> Session::run(wire::Auth command) {
    if (identity_) {
        refuse_error("AUTH", replies::out_of_order("You are logged in already"));
        co_return;
    }
    if (!takes_logins()) {
        refuse_error("AUTH", {502, "5.5.1", "Log-ins are not taken here"});
        co_return;
    }
    std::unique_ptr<sasl::Exchange> exchange =
        services::begin_exchange(command.mechanism, stream_, services_.authenticator, services::Binding::withheld);
    if (!exchange) {
        const sasl::Mechanism* known = sasl::find_mechanism(command.mechanism);
        const bool later = known != nullptr && known->plaintext_password;
        refuse_error("AUTH", later ? wire::Reply{538, "5.7.11", "Encryption required: say STARTTLS first"}
                                   : wire::Reply{504, "5.5.4", "Mechanism not supported"});
        co_return;
    }
    services::LoginAttempt attempt;
    attempt.address = client_address_;
    attempt.session = log_.session();
    attempt.area = submitting() ? "submission" : "smtp";
    attempt.mechanism = command.mechanism;
    const services::SendChallenge send = [this](std::string octets) {
        return services::ask_by_line(stream_, "334 ", options_.limits.auth_line_octets, std::move(octets));
    };
    std::expected<services::LoginSuccess, services::LoginFailure> outcome = co_await services::run_login(
        std::move(exchange), std::move(command.initial), services_.authenticator, std::move(attempt), send);
    finish_login(std::move(outcome), base::upper(command.mechanism));
}

void Session::finish_login(std::expected<services::LoginSuccess, services::LoginFailure> outcome,
                           std::string mechanism) {
    if (!outcome) return fail_login(outcome.error());
    services::LoggedInSession session{.id = log_.session(), .door = submitting() ? "submission" : "smtp"};
    storage::Result<std::unique_ptr<services::ConnectionSlot>> place =
        services_.connection_limit.take(outcome->identity, stream_, std::move(session));
    if (!place) {
        log_.warn("turned-away", {{"account", outcome->identity.name}, {"reason", place.error().text}});
        return close({services::EndReason::turned_away}, "4.7.0", place.error().text);
    }
    connection_slot_ = std::move(*place);
    identity_ = std::move(outcome->identity);
    login_due_.reset();
    set_command_deadline();
    idle_commands_ = 0;
    log_.info("login", {{"account", identity_->name}, {"mechanism", std::move(mechanism)}});
    answer(235, "2.7.0", "Authentication succeeded");
}

void Session::fail_login(const services::LoginFailure& failure) {
    switch (failure.kind) {
        case services::LoginFailure::Kind::cancelled:
            refuse("AUTH", {501, "5.7.0", "Authentication cancelled"});
            break;
        case services::LoginFailure::Kind::malformed:
            refuse("AUTH", {501, "5.5.2", "Not a response that can be understood"});
            break;
        case services::LoginFailure::Kind::refused:
            // The reason is not revealed: the same text whether the account exists or not.
            refuse("AUTH", reply_for(storage::Refusal{failure.refusal.reason, {}}));
            break;
    }
    if (++auth_failures_ >= options_.limits.auth_failures) {
        close({services::EndReason::too_many_login_failures}, "4.7.0", "Too many failed log-ins, closing");
    }
}

}  // namespace smtp
