// The SASL conversation that every door holds alike: mechanism steps on one side, the authenticator on the other.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocols/net/stream.h"
#include "protocols/sasl/exchange.h"
#include "protocols/services/authenticator.h"

namespace services {

// How a conversation ended without success.
struct LoginFailure {
    enum class Kind {
        cancelled,
        malformed,
        refused
    } kind{};                  // client sent "*" · bad base64 or SASL syntax · wrong or throttled
    storage::Refusal refusal;  // where kind is refused
};

// SCRAM's server signature has been sent by then, as the last challenge: the success replies of SMTP, IMAP and POP3
// cannot carry it (RFC 4954 §4, RFC 5034 §4).
struct LoginSuccess {
    Identity identity;
};

// Sends a challenge (not base64-encoded) and returns the response decoded. A response of "*" is cancelled, one that is
// not base64 is malformed.
struct Malformed {};
struct Cancelled {};
using ChallengeAnswer = std::variant<std::string, Malformed, Cancelled>;
using SendChallenge = std::function<asio::awaitable<ChallengeAnswer>(std::string challenge)>;

// The answer for a line that a client sent as its response: "*", base64, or neither.
ChallengeAnswer decode_response(std::string_view line);
// The same for an initial response, where "=" stands for an empty one (RFC 4954 §4, RFC 5034 §4, RFC 9051 §6.2.2).
ChallengeAnswer decode_initial_response(std::string_view text);

// How every door asks: a line of `prefix` and the challenge in base64 ("+ ", "334 "), then the client's line, decoded;
// one longer than that is malformed. What the stream throws comes out.
asio::awaitable<ChallengeAnswer> ask_by_line(net::Stream& stream, std::string_view prefix, std::size_t line_octets,
                                             std::string challenge);

// Whether a password may be sent on this connection as it is: under TLS, or from where config allows it.
bool password_may_be_sent(const net::Stream& stream, const Authenticator& authenticator);
// Whether a door offers -PLUS where the connection could be bound to (RFC 5802 §6). SMTP does not: mutt as Debian has
// it takes the strongest mechanism, cannot bind by "tls-exporter", and sends no mail rather than try another
// (CLIENTS.md 33).
enum class Binding : std::uint8_t { offered, withheld };
// The mechanisms to offer on this connection, strongest first.
std::vector<std::string_view> offered_mechanisms(const net::Stream& stream, const Authenticator& authenticator,
                                                 Binding binding = Binding::offered);
// Nothing when the mechanism is not among those offered.
std::unique_ptr<sasl::Exchange> begin_exchange(std::string_view mechanism, const net::Stream& stream,
                                               const Authenticator& authenticator, Binding binding = Binding::offered);

// Runs the exchange to its end. attempt.user is filled in from the mechanism. What send_challenge throws comes out.
asio::awaitable<std::expected<LoginSuccess, LoginFailure>> run_login(std::unique_ptr<sasl::Exchange> exchange,
                                                                     std::optional<std::string> initial,
                                                                     Authenticator& authenticator, LoginAttempt attempt,
                                                                     SendChallenge send_challenge);

}  // namespace services
