// AUTHENTICATE: a SASL exchange on lines of its own. RFC 3501 §6.2.2; initial response: RFC 4959; SCRAM: RFC 5802,
// 7677. The steps are services::run_login's; here they become "+ base64" and a line from the client. A server's last
// word (SCRAM) travels as one more challenge, which the client answers with an empty line.
#include <array>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/imap/session.h"
#include "protocols/sasl/exchange.h"
#include "protocols/services/login.h"

namespace imap {

using asio::awaitable;

namespace {

constexpr std::array<std::string_view, 2> binding_types = {"tls-exporter", "tls-server-end-point"};

// Sends a challenge, reads the client's line. services::SendChallenge.
awaitable<services::ChallengeAnswer> exchange_line(net::Stream& stream, std::size_t line_octets,
                                                   std::string challenge) {
    stream.write("+ " + base::encode_base64(challenge) + "\r\n");
    co_await stream.flush();
    const net::ReadLine read = co_await stream.read_line(line_octets);
    const auto* line = std::get_if<net::Line>(&read);
    if (line == nullptr) co_return services::Malformed{};
    if (line->text == "*") co_return services::Cancelled{};
    std::optional<std::string> response = base::decode_base64(line->text);
    if (!response) co_return services::Malformed{};
    co_return std::move(*response);
}

// "=" is an empty initial response (RFC 4959 §3). Nothing where it is not base64.
std::optional<std::string> decode_initial(std::string_view text) {
    return text == "=" ? std::string() : base::decode_base64(text);
}

}  // namespace

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
        initial = decode_initial(*command.initial_response);
        if (!initial) {
            answer_bad("The initial response is not base64");
            co_return;
        }
    }
    sasl::ExchangeOptions exchange_options;
    exchange_options.plus_offered = stream_.is_tls();
    for (const std::string_view type : binding_types) {
        std::string data = stream_.channel_binding(type);
        if (!data.empty()) exchange_options.channel_bindings.push_back({std::string(type), std::move(data)});
    }
    std::unique_ptr<sasl::Exchange> exchange = sasl::make_exchange(mechanism->name, std::move(exchange_options));
    if (!exchange) {
        answer_no("This mechanism cannot be used on this connection", "CANNOT");
        co_return;
    }

    const services::SendChallenge send = [this](std::string challenge) {
        return exchange_line(stream_, options_.line_octets_before_login, std::move(challenge));
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
    if (!login->final_data.empty()) {
        const services::ChallengeAnswer last =
            co_await exchange_line(stream_, options_.line_octets_before_login, login->final_data);
        if (!std::holds_alternative<std::string>(last)) {
            answer_bad("Cancelled, as you wish");
            co_return;
        }
    }
    logged_in(std::move(login->identity), mechanism->name);
}

}  // namespace imap
