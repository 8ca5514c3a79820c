// The client's side of SASL, for our own log-ins at other servers (smart hosts): PLAIN (RFC 4616), LOGIN,
// SCRAM-SHA-256 (RFC 5802, 7677). Octets in and out; base64 and framing are the SMTP client's.
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
    std::size_t challenge_octets = 8192;        // longest challenge taken
    std::uint32_t fewest_iterations = 4096;     // fewer would make the password easy to guess (RFC 7677 §4)
    std::uint32_t most_iterations = 1'000'000;  // more would let the server burn our time
    std::string nonce{};                        // empty: a random one; set by tests
};

class ClientExchange {
  public:
    virtual ~ClientExchange() = default;
    // The initial response; nothing when the server speaks first.
    virtual std::optional<std::string> initial() = 0;
    // The response to a challenge, or in words why the exchange must be given up.
    virtual std::expected<std::string, std::string> respond(std::string_view challenge) = 0;
    // False when the server says success before it has proved, as the mechanism wants, that it knows the password.
    virtual bool server_is_proved() const = 0;
};

// Nothing when there is no such mechanism.
std::unique_ptr<ClientExchange> make_client_exchange(std::string_view mechanism, ClientOptions options);

// The best of those offered that we can do; PLAIN and LOGIN only where a password may be sent. Empty when none.
std::string_view choose_mechanism(std::span<const std::string> offered, bool password_may_be_sent);

}  // namespace sasl
