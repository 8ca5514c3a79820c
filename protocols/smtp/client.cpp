// The sending client: the connection, from greeting to QUIT. RFC 5321 §3.1, §3.2, §4.2.1; RFC 3207 §4; RFC 4954 §4.
// Every reply is limited in octets, lines and time; a 421 at any point ends the connection. client_send.cpp does
// transactions.
#include "protocols/smtp/client.h"

#include <algorithm>
#include <exception>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/sasl/client.h"
#include "protocols/smtp/client_internal.h"

namespace smtp {

namespace {

std::string one_line(std::initializer_list<std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        if (!out.empty() && !word.empty()) out += ' ';
        out += word;
    }
    std::ranges::replace(out, '\n', ' ');
    return out;
}

}  // namespace

Outcome temporary(std::string status, std::string text) {
    return {.kind = Outcome::Kind::temporary, .status = std::move(status), .text = std::move(text)};
}

Outcome permanent(std::string status, std::string text) {
    return {.kind = Outcome::Kind::permanent, .status = std::move(status), .text = std::move(text)};
}

ClientTimeouts ClientTimeouts::at_most(std::chrono::seconds longest) const {
    ClientTimeouts out = *this;
    for (std::chrono::seconds* wait : {&out.greeting, &out.command, &out.data, &out.block, &out.message, &out.quit}) {
        *wait = std::min(*wait, longest);
    }
    return out;
}

std::string Outcome::line() const { return said.empty() ? one_line({status, text}) : said; }

Outcome outcome_of(const wire::Reply& reply) {
    Outcome outcome;
    outcome.code = reply.code;
    outcome.text = reply.text;
    outcome.kind = reply.positive()    ? Outcome::Kind::accepted
                   : reply.permanent() ? Outcome::Kind::permanent
                                       : Outcome::Kind::temporary;
    const char* unspecified = reply.positive() ? "2.0.0" : reply.permanent() ? "5.0.0" : "4.0.0";
    outcome.status = reply.status.empty() ? unspecified : reply.status;
    outcome.said = one_line({std::to_string(reply.code), reply.status, reply.text});
    return outcome;
}

Client::Client(net::Stream stream, ClientOptions options)
    : stream_(std::move(stream)), options_(std::move(options)), replies_(options_.limits.reply) {}

// What an exception means for the recipients; nullopt if it does not come from the connection.
std::optional<Client::Ending> Client::ending_of(const std::exception& error) {
    if (const auto* broken = dynamic_cast<const Broken*>(&error)) return broken->ending();
    if (dynamic_cast<const net::PeerGone*>(&error) != nullptr) {
        return Ending{temporary("4.4.2", std::string("connection lost: ") + error.what())};
    }
    if (dynamic_cast<const net::DeadlinePassed*>(&error) != nullptr) {
        return Ending{temporary("4.4.2", "the server did not answer in time")};
    }
    if (dynamic_cast<const net::Interrupted*>(&error) != nullptr) {
        return Ending{temporary("4.3.2", "this server is shutting down")};
    }
    return std::nullopt;
}

asio::awaitable<std::expected<void, ClientFailure>> Client::open() {
    std::optional<Ending> ending;
    try {
        co_await introduce();
        usable_ = true;
    } catch (const std::exception& error) {
        ending = ending_of(error);
        if (!ending) throw;
    }
    if (ending) co_return std::unexpected(ClientFailure{std::move(ending->outcome), ending->at});
    co_return std::expected<void, ClientFailure>();
}

asio::awaitable<void> Client::introduce() {
    if (options_.implicit_tls) co_await shake_hands();
    const wire::Reply reply = co_await read_reply(options_.timeouts.greeting);
    if (!reply.positive()) throw Broken(outcome_of(reply));
    co_await say_ehlo();
    if (!stream_.is_tls()) co_await secure();
    if (options_.requiretls && !peer_.requiretls)
        throw Broken(permanent("5.7.30", "the server does not support REQUIRETLS"), FailedAt::demand);
    if (!options_.username.empty()) co_await log_in();
}

// EHLO, and HELO to a server that does not know it (RFC 5321 §3.2).
asio::awaitable<void> Client::say_ehlo() {
    peer_ = {};
    const wire::Reply reply = co_await command("EHLO " + options_.hostname, options_.timeouts.command);
    if (reply.positive()) {
        peer_ = wire::read_ehlo_reply(reply);
        co_return;
    }
    if (!reply.permanent()) throw Broken(outcome_of(reply));
    const wire::Reply plain = co_await command("HELO " + options_.hostname, options_.timeouts.command);
    if (!plain.positive()) throw Broken(outcome_of(plain));
}

asio::awaitable<void> Client::secure() {
    const bool required = options_.tls == TlsPolicy::required;
    if (options_.tls == TlsPolicy::none) co_return;
    if (!peer_.starttls || options_.tls_context == nullptr) {
        if (required) throw unprotected("TLS is required, and the server does not offer it", !peer_.starttls);
        co_return;
    }
    const wire::Reply reply = co_await command("STARTTLS", options_.timeouts.command);
    if (!reply.positive()) {
        if (required) throw unprotected("TLS is required, and refused: " + outcome_of(reply).line(), reply.permanent());
        co_return;
    }
    co_await shake_hands();
    co_await say_ehlo();
}

// TLS is required and not to be had, for good or for now. RFC 8689 §4.2.1: who demands it for a message hears at once.
Client::Broken Client::unprotected(std::string why, bool for_good) const {
    if (options_.requiretls && for_good) return Broken(permanent("5.7.10", std::move(why)), FailedAt::demand);
    return Broken(temporary("4.7.10", std::move(why)));
}

asio::awaitable<void> Client::shake_hands() {
    if (options_.tls_context == nullptr)
        throw Broken(temporary("4.7.10", "TLS is not set up here"), FailedAt::handshake);
    stream_.set_deadline(options_.timeouts.command);
    std::string fault;
    bool lost = false;
    try {
        co_await stream_.start_tls_client(*options_.tls_context, options_.server);
        co_return;
    } catch (const net::Interrupted&) {
        throw;
    } catch (const std::exception& error) {
        fault = error.what();
        lost = dynamic_cast<const net::PeerGone*>(&error) != nullptr ||
               dynamic_cast<const net::DeadlinePassed*>(&error) != nullptr;
    }
    fault.insert(0, "TLS handshake failed: ");
    const bool for_good = options_.requiretls && !lost;  // RFC 8689 §4.2.1
    throw Broken(for_good ? permanent("5.7.10", fault) : temporary("4.7.5", fault), FailedAt::handshake);
}

// A failed log-in is a configuration mistake: the mail waits until the administrator has corrected it.
Client::Broken Client::log_in_failed(std::string status, std::string why) {
    return Broken(temporary(std::move(status), std::move(why)), FailedAt::log_in);
}

asio::awaitable<void> Client::log_in() {
    const bool plain_allowed = stream_.is_tls() || options_.password_in_plain;
    const std::string_view mechanism = sasl::choose_mechanism(peer_.mechanisms, plain_allowed);
    if (mechanism.empty()) throw log_in_failed("4.7.0", "the server offers no log-in that we can use");
    sasl::ClientOptions credentials;
    credentials.user = options_.username;
    credentials.password = options_.password;
    const std::unique_ptr<sasl::ClientExchange> exchange =
        sasl::make_client_exchange(mechanism, std::move(credentials));
    const std::optional<std::string> initial = exchange->initial();
    std::string line = "AUTH " + std::string(mechanism);
    if (initial) line += initial->empty() ? " =" : " " + base::encode_base64(*initial);
    wire::Reply reply = co_await command(std::move(line), options_.timeouts.command);
    for (int round = 0; reply.intermediate() && round < options_.limits.auth_rounds; ++round) {
        const std::optional<std::string> challenge = base::decode_base64(reply.text);
        std::expected<std::string, std::string> response = std::unexpected("a challenge that is not base64");
        if (challenge) response = exchange->respond(*challenge);
        std::string answer = response ? base::encode_base64(*response) : "*";
        reply = co_await command(std::move(answer), options_.timeouts.command);
        if (!response) throw log_in_failed("4.7.0", "log-in given up: " + response.error());
    }
    if (reply.permanent()) throw log_in_failed("4.7.8", "log-in refused: " + outcome_of(reply).line());
    if (!reply.positive()) throw Broken(temporary("4.7.8", "log-in not possible now: " + outcome_of(reply).line()));
    if (!exchange->server_is_proved()) throw log_in_failed("4.7.0", "the server did not prove who it is");
}

asio::awaitable<wire::Reply> Client::command(std::string line, std::chrono::seconds timeout) {
    stream_.write(line);
    stream_.write("\r\n");
    stream_.set_deadline(timeout);
    co_await flush_or_hear();
    wire::Reply reply = co_await read_reply(timeout);
    co_return reply;
}

asio::awaitable<wire::Reply> Client::read_reply(std::chrono::seconds timeout) {
    stream_.set_deadline(timeout, std::chrono::steady_clock::now() + timeout);
    for (;;) {
        const net::ReadLine read = co_await stream_.read_line(options_.limits.reply_line_octets);
        const net::Line* line = std::get_if<net::Line>(&read);
        if (line == nullptr) throw Broken(temporary("4.5.0", "the server's reply is too long"));
        base::Parsed<wire::Reply> parsed = replies_.take(line->text);
        if (const auto* error = std::get_if<base::SyntaxError>(&parsed)) {
            throw Broken(temporary("4.5.0", "the server does not speak SMTP: " + error->what));
        }
        if (auto* reply = std::get_if<wire::Reply>(&parsed)) {
            heard_ = true;
            if (reply->code == 421) throw Broken(outcome_of(*reply));  // RFC 5321 §3.8: it closes the connection
            co_return std::move(*reply);
        }
    }
}

// Sends what was written. If the peer has closed the connection, it may have said why: its last reply is read.
asio::awaitable<void> Client::flush_or_hear() {
    bool lost = false;
    try {
        co_await stream_.flush();
    } catch (const net::PeerGone&) {
        lost = true;
    }
    if (!lost) co_return;
    const wire::Reply last_words = co_await read_reply(options_.timeouts.quit);
    Outcome outcome = outcome_of(last_words);
    if (outcome.kind == Outcome::Kind::accepted) outcome.kind = Outcome::Kind::temporary;
    throw Broken(std::move(outcome));
}

asio::awaitable<void> Client::quit() {
    const bool polite = usable_;
    usable_ = false;
    try {
        if (polite) {
            const wire::Reply reply = co_await command("QUIT", options_.timeouts.quit);
            (void)reply;  // we are done, whatever it says
        }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the peer is gone, as we wanted
    }
    co_await stream_.close();
}

}  // namespace smtp
