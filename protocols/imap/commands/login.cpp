// Logging in: LOGIN, AUTHENTICATE, UNAUTHENTICATE, and what follows a successful log-in.
#include "protocols/imap/commands/login.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/changes/mailbox_news.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/capabilities.h"
#include "protocols/imap/connection/command_reader.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/connection/refusals.h"
#include "protocols/imap/options.h"
#include "protocols/net/stream.h"
#include "protocols/sasl/exchange.h"
#include "protocols/services/connection_limit.h"
#include "protocols/services/event_log.h"
#include "protocols/services/login.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

services::LoginAttempt attempt(const Client& client, std::string user, std::string_view mechanism) {
    return {.user = std::move(user),
            .address = client.stream.remote().address().to_string(),
            .session = client.log.session(),
            .area = "imap",
            .mechanism = std::string(mechanism)};
}

// Refuses a client after a correct log-in. NO comes before BYE: that is the text that clients show to people.
void turn_away(Client& client, const services::Identity& identity, const storage::Refusal& refusal) {
    client.log.warn("turned-away", {{"account", identity.name}, {"reason", refusal.text}});
    client.answers.no(refusal.text, refusal_code(refusal.reason));
    client.answers.end_after_answer(services::EndReason::turned_away, "Too many connections");
}

void logged_in(Client& client, services::Identity identity, std::string_view mechanism) {
    storage::Result<std::unique_ptr<services::ConnectionSlot>> place =
        client.services.connection_limit.take(identity, client.stream, {.id = client.log.session(), .door = "imap"});
    if (!place) {
        turn_away(client, identity, place.error());
        return;
    }
    client.login.slot = std::move(*place);
    client.services.store.log_in(identity.log_in());
    client.login.identity = std::move(identity);
    client.login.offers_uid_only = client.login.identity->uid_only;
    client.reader.set_limits(true);
    client.log.info("login", {{"account", client.login.identity->name}, {"mechanism", std::string(mechanism)}});
    client.answers.ok("Logged in", "CAPABILITY " + capabilities(client.connection()));
}

void login_failed(Client& client, const storage::Refusal& refusal) {
    if (refusal.reason == storage::Reason::authentication_failed) {
        client.answers.no("Wrong user name or password", refusal_code(refusal.reason));
    } else {
        client.answers.no(refusal);
    }
    if (++client.login.failed < client.options.failed_logins) return;
    client.answers.end(services::EndReason::too_many_login_failures, "Too many failed log-ins");
}

void needs_tls(Client& client, std::string_view text) {
    client.log.info("refused", {{"reason", text}});
    client.answers.no(text, "PRIVACYREQUIRED");
}

bool offers(const Client& client, const sasl::Mechanism& mechanism) {
    const std::vector<std::string_view> offered =
        services::offered_mechanisms(client.stream, client.services.authenticator);
    return std::ranges::find(offered, mechanism.name) != offered.end();
}

}  // namespace

// LOGIN: name and password as arguments. RFC 3501 §6.2.3; LOGINDISABLED: §7.2.1.
awaitable<void> run(Client& client, wire::Login command) {
    if (!services::password_may_be_sent(client.stream, client.services.authenticator)) {
        needs_tls(client, "A password is taken only over TLS: use STARTTLS first");
        co_return;
    }
    services::LoginAttempt by = attempt(client, std::move(command.user), "LOGIN");
    Result<services::Identity> identity =
        co_await client.services.authenticator.check_password(std::move(by), std::move(command.password));
    if (identity) {
        logged_in(client, std::move(*identity), "LOGIN");
    } else {
        login_failed(client, identity.error());
    }
}

// AUTHENTICATE: a SASL exchange in separate lines. RFC 3501 §6.2.2; initial response: RFC 4959; SCRAM: RFC 5802, 7677.
// services::run_login does the steps; here they become "+ base64" and a line from the client. A server's final data
// (SCRAM) is sent as one more challenge, which the client answers with an empty line.
awaitable<void> run(Client& client, wire::Authenticate command) {
    const sasl::Mechanism* mechanism = sasl::find_mechanism(command.mechanism);
    if (mechanism == nullptr) {
        client.answers.no("There is no such mechanism", "CANNOT");
        co_return;
    }
    if (!offers(client, *mechanism)) {
        needs_tls(client, "This mechanism needs TLS: use STARTTLS first");
        co_return;
    }
    std::optional<services::ChallengeAnswer> initial;
    if (command.initial_response) initial = services::decode_initial_response(*command.initial_response);
    std::unique_ptr<sasl::Exchange> exchange =
        services::begin_exchange(mechanism->name, client.stream, client.services.authenticator);
    if (!exchange) {
        client.answers.no("This mechanism cannot be used on this connection", "CANNOT");
        co_return;
    }
    const services::SendChallenge send = [&client](std::string octets) {
        return services::ask_by_line(client.stream, "+ ", client.options.line_octets_before_login, std::move(octets));
    };
    std::expected<services::LoginSuccess, services::LoginFailure> login =
        co_await services::run_login(std::move(exchange), std::move(initial), client.services.authenticator,
                                     attempt(client, {}, mechanism->name), send);
    if (!login) {
        using Kind = services::LoginFailure::Kind;
        if (login.error().kind == Kind::refused) {
            login_failed(client, login.error().refusal);
        } else {
            client.answers.bad(login.error().kind == Kind::cancelled ? "Cancelled, as you wish"
                                                                     : "That is no valid response");
            client.reader.count_bad();
        }
        co_return;
    }
    logged_in(client, std::move(login->identity), mechanism->name);
}

// UNAUTHENTICATE: back to the state of a new connection, with TLS kept. RFC 8437. The log-in and everything enabled are
// dropped; compression ends with the answer (§4.1). The count of failed log-ins stays, since it belongs to the
// connection.
awaitable<void> run(Client& client, wire::Unauthenticate /*command*/) {
    client.log.info("unauthenticate", {{"account", client.login.identity->name}});
    client.changes.unselect();
    client.news.forget();
    client.services.store.log_out();
    client.login = {.failed = client.login.failed};
    client.enabled = {};
    client.reader.set_utf8(false);
    client.reader.set_limits(false);

    client.answers.ok("Nobody is logged in", "CAPABILITY " + capabilities(client.connection()));
    client.answers.send();
    if (client.stream.is_deflating()) co_await client.stream.stop_deflate();
}

}  // namespace imap
