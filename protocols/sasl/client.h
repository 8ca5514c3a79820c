// The client side of SASL, for our own log-ins at other servers (smart hosts): PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256
// (RFC 5802, 7677). Raw octets in and out; the SMTP client does base64 and framing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sasl {

struct ClientOptions {
    std::string user;
    std::string password;
    std::size_t challenge_octets = 8192;        // longest challenge accepted
    std::uint32_t fewest_iterations = 4096;     // fewer would make the password easy to guess (RFC 7677 §4)
    std::uint32_t most_iterations = 1'000'000;  // more would let the server waste our CPU time
    std::string nonce{};                        // empty: a random one; set by tests
};

class ClientExchange {
  public:
    virtual ~ClientExchange() = default;
    // The initial response; nullopt if the server speaks first.
    virtual std::optional<std::string> initial() = 0;
    // The response to a challenge, or the text of why the exchange must be given up.
    virtual std::expected<std::string, std::string> respond(std::string_view challenge) = 0;
    // False if the mechanism wants a proof that the server knows the password, and it has not given one yet.
    virtual bool server_is_proved() const = 0;
};

// nullptr if there is no such mechanism.
std::unique_ptr<ClientExchange> make_client_exchange(std::string_view mechanism, ClientOptions options);

// The best offered mechanism that we support; PLAIN and LOGIN only if a password may be sent. Empty if there is none.
std::string_view choose_mechanism(std::span<const std::string> offered, bool password_may_be_sent);

}  // namespace sasl
