// AUTH: a log-in. RFC 4954; mechanisms are sasl's, the conversation with the house is services/login.
// Nothing that is said here is logged; the authenticator logs who and from where.
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/sasl/exchange.h"
#include "protocols/smtp/refusals.h"
#include "protocols/smtp/session.h"

namespace smtp {

namespace {

constexpr std::string_view cancel = "*";  // RFC 4954 §4

sasl::ExchangeOptions exchange_options(const net::Stream& stream) {
    sasl::ExchangeOptions options;
    if (!stream.is_tls()) return options;
    for (const char* type : {"tls-exporter", "tls-server-end-point"}) {
        std::string data = stream.channel_binding(type);
        if (!data.empty()) options.channel_bindings.push_back({type, std::move(data)});
    }
    options.plus_offered = true;
    return options;
}

}  // namespace

asio::awaitable<void> Session::run(wire::Auth command) {
    if (identity_) {
        refuse_error("AUTH", replies::out_of_order("You are logged in already"));
        co_return;
    }
    if (!auth_possible()) {
        const bool by_tls = submitting() || options_.auth_on_relay;
        refuse_error("AUTH", by_tls ? wire::Reply{538, "5.7.11", "Encryption required: say STARTTLS first"}
                                    : wire::Reply{502, "5.5.1", "Log-ins are not taken here"});
        co_return;
    }
    std::unique_ptr<sasl::Exchange> exchange = sasl::make_exchange(command.mechanism, exchange_options(stream_));
    if (!exchange) {
        refuse_error("AUTH", {504, "5.5.4", "Mechanism not supported"});
        co_return;
    }
    services::Attempt attempt;
    attempt.address = client_address_;
    attempt.session = log_.session();
    attempt.area = "smtp";
    attempt.mechanism = command.mechanism;
    const services::SendChallenge send = [this](std::string octets) { return challenge(std::move(octets)); };
    std::expected<services::LoginSuccess, services::LoginFailure> outcome = co_await services::run_login(
        std::move(exchange), std::move(command.initial), services_.authenticator, std::move(attempt), send);
    // SMTP's success reply carries no data: it is one more challenge, answered by nothing (RFC 4954 §4).
    if (outcome && !outcome->final_data.empty()) {
        const services::ChallengeAnswer last = co_await challenge(outcome->final_data);
        if (std::holds_alternative<std::nullopt_t>(last)) {
            outcome = std::unexpected(services::LoginFailure{services::LoginFailure::Kind::cancelled, {}});
        }
    }
    if (!over()) finish_login(std::move(outcome));
}

// Sends "334 base64" and reads the answer.
asio::awaitable<services::ChallengeAnswer> Session::challenge(std::string octets) {
    stream_.write("334 " + base::encode_base64(octets) + "\r\n");
    co_await stream_.flush();
    const net::ReadLine answer = co_await stream_.read_line(options_.limits.auth_line_octets);
    const net::Line* line = std::get_if<net::Line>(&answer);
    if (line == nullptr) co_return services::Malformed{};
    if (line->text == cancel) co_return std::nullopt;
    std::optional<std::string> decoded = base::decode_base64(line->text);
    if (!decoded) co_return services::Malformed{};
    co_return std::move(*decoded);
}

void Session::finish_login(std::expected<services::LoginSuccess, services::LoginFailure> outcome) {
    if (!outcome) return fail_login(outcome.error());
    identity_ = std::move(outcome->identity);
    idle_commands_ = 0;
    log_.info("login", {{"account", identity_->name}});
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
            refuse("AUTH", reply_for(failure.refusal));
            break;
    }
    if (++auth_failures_ >= options_.limits.auth_failures) {
        close("too many failed log-ins", "4.7.0", "Too many failed log-ins, closing");
    }
}

}  // namespace smtp
