// AUTHENTICATE: a SASL exchange on lines of its own. RFC 3501 §6.2.2; initial response: RFC 4959; SCRAM: RFC 5802,
// 7677. The steps are services::run_login's; here they become "+ base64" and a line from the client. A server's last
// word (SCRAM) travels as one more challenge, which the client answers with an empty line.
#include <utility>

#include "protocols/imap/session/session.h"
#include "protocols/sasl/exchange.h"
#include "protocols/services/login.h"

namespace imap {

using asio::awaitable;

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

}  // namespace imap
