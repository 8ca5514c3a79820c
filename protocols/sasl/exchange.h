// The server side of SASL authentication (RFC 4422): PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256 and -PLUS (RFC 5802, 7677).
// Octets in, steps out. The protocol does base64, framing and "*"; the caller knows accounts and passwords.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocols/sasl/scram_keys.h"

namespace sasl {

// Send this, and pass the client's answer to respond().
struct Challenge {
    std::string octets;  // not base64-encoded
};

// Verify the password, then call password_checked().
struct CheckPassword {
    std::string authzid;  // the user to act for; empty: itself. The caller decides (RFC 4422 §3.4.1)
    std::string authcid;  // the user that logs in
    std::string password;
};

// Look up the user's keys, then call scram_keys().
struct NeedScramKeys {
    std::string user;  // normalised by SASLprep
};

struct Succeeded {
    std::string authcid;
    std::string authzid;     // empty: itself. The caller decides
    std::string final_data;  // to be sent with success or, if the protocol cannot, as one more challenge
};

struct Failed {
    enum class Fault { malformed, refused };  // not valid SASL · the proof was wrong
    std::string what{};                       // for the log; no secrets
    Fault fault = Fault::malformed;
};

using Step = std::variant<Challenge, CheckPassword, NeedScramKeys, Succeeded, Failed>;

// What the TLS connection offers for channel binding: name from RFC 5929 and RFC 9266, octets from the TLS library.
struct ChannelBinding {
    std::string name;  // "tls-exporter", "tls-server-end-point"
    std::string data;
};

struct ExchangeOptions {
    std::vector<ChannelBinding> channel_bindings{};  // of this connection; none without TLS
    bool plus_offered = false;                       // -PLUS was advertised: then "y" means a downgrade (RFC 5802 §6)
    std::size_t response_octets = 4096;              // longest response accepted
    std::string server_nonce{};                      // empty: a random one; set by tests
    std::string fake_secret{};                       // of this server: seeds the salts for unknown users
    std::uint32_t fake_iterations = default_scram_iterations;
};

// One authentication. Call the functions in the order that the steps ask for; Succeeded and Failed are final.
class Exchange {
  public:
    virtual ~Exchange() = default;

    // The client's initial response, if it sent one (empty is not absent: RFC 4422 §4).
    virtual Step start(std::optional<std::string> initial) = 0;
    // The client's answer to a Challenge, decoded.
    virtual Step respond(std::string decoded) = 0;
    virtual Step password_checked(bool correct);
    // nullopt for an unknown user: the exchange then goes on with keys made from fake_secret, and fails at its end.
    virtual Step scram_keys(std::optional<ScramKeys> keys);
};

struct Mechanism {
    std::string_view name;
    bool plaintext_password = false;  // the password itself is sent: only under TLS, or where the config allows it
    bool needs_tls = false;           // cannot work without TLS (channel binding)
};

// All mechanisms, strongest first.
std::span<const Mechanism> mechanisms();
// By name in any case; nullptr if there is none.
const Mechanism* find_mechanism(std::string_view name);

// nullptr if there is no such mechanism, or if it needs a channel binding that the options do not have.
std::unique_ptr<Exchange> make_exchange(std::string_view mechanism, ExchangeOptions options);

}  // namespace sasl
