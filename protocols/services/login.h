// The SASL conversation that every door holds alike: mechanism steps on one side, the authenticator on the other.
#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

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

struct LoginSuccess {
    Identity identity;
    std::string final_data;  // SCRAM's server signature: sent with the success reply where the protocol can, else as a
                             // challenge
};

// Sends a challenge (not base64-encoded) and returns the response decoded; nothing when the client cancelled; an empty
// variant is impossible: a response that is not base64 is reported as malformed.
struct Malformed {};
using ChallengeAnswer = std::variant<std::string, Malformed, std::nullopt_t>;
using SendChallenge = std::function<asio::awaitable<ChallengeAnswer>(std::string challenge)>;

// Runs the exchange to its end. attempt.user is filled in from the mechanism.
asio::awaitable<std::expected<LoginSuccess, LoginFailure>> run_login(std::unique_ptr<sasl::Exchange> exchange,
                                                                     std::optional<std::string> initial,
                                                                     Authenticator& authenticator, Attempt attempt,
                                                                     SendChallenge send_challenge);

}  // namespace services
