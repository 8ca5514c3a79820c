// The SASL log-in that all protocols share: mechanism steps on one side, the authenticator on the other.
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

// Why a log-in failed.
struct LoginFailure {
    enum class Kind {
        cancelled,
        malformed,
        refused
    } kind{};                  // client sent "*" · bad base64 or SASL syntax · wrong or throttled
    storage::Refusal refusal;  // if kind is refused
};

// SCRAM's server signature has already been sent, as the last challenge: the success replies of SMTP, IMAP and POP3
// cannot carry it (RFC 4954 §4, RFC 5034 §4).
struct LoginSuccess {
    Identity identity;
};

// Sends a challenge (not base64-encoded) and returns the decoded response. The response "*" is cancelled; one that is
// not base64 is malformed.
struct Malformed {};
struct Cancelled {};
using ChallengeAnswer = std::variant<std::string, Malformed, Cancelled>;
using SendChallenge = std::function<asio::awaitable<ChallengeAnswer>(std::string challenge)>;

// Decodes a response line: "*", base64, or malformed.
ChallengeAnswer decode_response(std::string_view line);
// The same for an initial response, where "=" stands for an empty one (RFC 4954 §4, RFC 5034 §4, RFC 9051 §6.2.2).
ChallengeAnswer decode_initial_response(std::string_view text);

// Sends a line of `prefix` ("+ ", "334 ") and the challenge in base64, and decodes the client's line; a line longer
// than line_octets is malformed. Passes on exceptions of the stream.
asio::awaitable<ChallengeAnswer> ask_by_line(net::Stream& stream, std::string_view prefix, std::size_t line_octets,
                                             std::string challenge);

// Whether a password may be sent in clear on this connection: under TLS, or from where the config allows it.
bool password_may_be_sent(const net::Stream& stream, const Authenticator& authenticator);
// Whether to offer -PLUS if channel binding is possible (RFC 5802 §6). SMTP does not: Debian's mutt takes the strongest
// mechanism, cannot bind by "tls-exporter", and sends no mail instead of trying another one (CLIENTS.md 33).
enum class Binding : std::uint8_t { offered, withheld };
// The mechanisms to offer on this connection, strongest first.
std::vector<std::string_view> offered_mechanisms(const net::Stream& stream, const Authenticator& authenticator,
                                                 Binding binding = Binding::offered);
// nullptr if the mechanism was not offered.
std::unique_ptr<sasl::Exchange> begin_exchange(std::string_view mechanism, const net::Stream& stream,
                                               const Authenticator& authenticator, Binding binding = Binding::offered);

// Runs the exchange to its end. Sets attempt.user from the mechanism. Passes on exceptions of send_challenge.
asio::awaitable<std::expected<LoginSuccess, LoginFailure>> run_login(std::unique_ptr<sasl::Exchange> exchange,
                                                                     std::optional<ChallengeAnswer> initial,
                                                                     Authenticator& authenticator, LoginAttempt attempt,
                                                                     SendChallenge send_challenge);

}  // namespace services
