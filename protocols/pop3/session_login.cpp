// The AUTHORIZATION state: USER and PASS, SASL, STLS, UTF8. RFC 1939 §4, §7; RFC 5034; RFC 2595; RFC 6856 §2. The
// authenticator checks log-ins and decides where passwords may be sent in clear.
#include <utility>

#include "protocols/pop3/refusals.h"
#include "protocols/pop3/session.h"
#include "protocols/pop3/wire/reply.h"
#include "protocols/services/start_tls.h"

namespace pop3 {

namespace code = wire::code;

namespace {

constexpr std::string_view needs_tls = "Passwords are not taken without TLS here: use STLS first";

}  // namespace

asio::awaitable<void> Session::run(wire::User command) {
    if (!services::password_may_be_sent(stream_, services_.authenticator)) {
        refuse(needs_tls);
        co_return;
    }
    user_ = std::move(command.name);
    answer_ok("Now the password");  // for any name: it must not reveal which exist
}

asio::awaitable<void> Session::run(wire::Pass command) {
    if (!services::password_may_be_sent(stream_, services_.authenticator)) {
        refuse(needs_tls);
        co_return;
    }
    if (user_.empty()) {
        reject("USER comes first");
        co_return;
    }
    services::LoginAttempt from = attempt(std::exchange(user_, {}), "PASS");
    storage::Result<services::Identity> identity =
        co_await services_.authenticator.check_password(std::move(from), std::move(command.password));
    if (!identity) {
        login_failed(identity.error());
        co_return;
    }
    co_await open_maildrop(std::move(*identity), "PASS");
}

asio::awaitable<void> Session::run(wire::Stls) {
    if (stream_.is_tls() || services_.tls == nullptr) {
        reject(stream_.is_tls() ? "TLS is on already" : "TLS is not available");
        co_return;
    }
    if (utf8_) {
        reject("STLS must come before UTF8");  // RFC 6856 §2.1
        co_return;
    }
    answer_ok("Begin TLS");
    user_.clear();  // RFC 2595 §4: what was said in plain text is forgotten
    co_await services::start_tls(stream_, services_.tls, log_);
}

asio::awaitable<void> Session::run(wire::Auth command) {
    if (command.mechanism.empty()) {  // Outlook sends this, as before RFC 5034
        answer_ok("Mechanisms follow");
        for (const std::string_view mechanism : services::offered_mechanisms(stream_, services_.authenticator)) {
            stream_.output().append(mechanism).append("\r\n");
        }
        stream_.write(wire::multi_line_end);
        co_return;
    }
    std::unique_ptr<sasl::Exchange> exchange =
        services::begin_exchange(command.mechanism, stream_, services_.authenticator);
    if (!exchange) {
        const bool known = sasl::find_mechanism(command.mechanism) != nullptr;
        if (known) log_.refused({{"reason", "this mechanism needs TLS"}, {"mechanism", command.mechanism}});
        reject(known ? "This mechanism needs TLS: use STLS first" : "There is no such mechanism");
        co_return;
    }
    std::optional<services::ChallengeAnswer> initial;
    if (command.initial_response) initial = services::decode_initial_response(*command.initial_response);
    const services::SendChallenge send = [this](std::string octets) {
        return services::ask_by_line(stream_, "+ ", options_.auth_line_octets, std::move(octets));
    };
    services::LoginAttempt from = attempt({}, command.mechanism);
    std::expected<services::LoginSuccess, services::LoginFailure> login = co_await services::run_login(
        std::move(exchange), std::move(initial), services_.authenticator, std::move(from), send);
    if (login) {
        co_await open_maildrop(std::move(login->identity), command.mechanism);
        co_return;
    }
    using Kind = services::LoginFailure::Kind;
    if (login.error().kind == Kind::refused) {
        login_failed(login.error().refusal);
    } else {
        const bool cancelled = login.error().kind == Kind::cancelled;
        answer_error(cancelled ? "Cancelled, as you wish" : "That is no valid response");
        count_failed_login();
    }
}

asio::awaitable<void> Session::run(wire::Utf8) {
    utf8_ = true;
    answer_ok("UTF-8 it is");
    co_return;
}

// RFC 1939 §4: the maildrop's lock is part of the log-in.
asio::awaitable<void> Session::open_maildrop(services::Identity identity, std::string mechanism) {
    storage::Result<std::unique_ptr<services::ConnectionSlot>> place =
        services_.connection_limit.take(identity, stream_, {.id = log_.session(), .door = "pop3"});
    if (!place) {
        log_.warn("turned-away", {{"account", identity.name}, {"reason", place.error().text}});
        answer_error(place.error().text, code::sys_temp);
        end(services::EndReason::turned_away);
        co_return;
    }
    storage::Result<std::monostate> opened = co_await maildrop_.open(identity.log_in(), utf8_);
    if (!opened) {
        log_.info("maildrop-refused", {{"account", identity.name}, {"reason", opened.error().text}});
        const RefusalReply reply = reply_for(opened.error().reason);
        answer_error(reply.text, reply.code);
        co_return;
    }
    connection_slot_ = std::move(*place);
    account_ = std::move(identity.name);
    stream_.set_deadline(options_.timeout);
    log_.info("login", {{"account", account_}, {"mechanism", std::move(mechanism)}, {"messages", maildrop_.count()}});
    answer_ok("Maildrop has " + std::to_string(maildrop_.count()) + " messages (" + std::to_string(maildrop_.octets()) +
              " octets)");
}

void Session::login_failed(const storage::Refusal& refusal) {
    const RefusalReply reply = reply_for(refusal.reason);
    answer_error(reply.text, reply.code);
    count_failed_login();
}

void Session::count_failed_login() {
    if (++failed_logins_ < options_.failed_logins) return;
    answer_error("Too many failed log-ins, closing");
    end(services::EndReason::too_many_login_failures);
}

services::LoginAttempt Session::attempt(std::string user, std::string mechanism) const {
    return {std::move(user), stream_.remote().address().to_string(), log_.session(), "pop3", std::move(mechanism)};
}

}  // namespace pop3
