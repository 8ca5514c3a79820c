// The server's side of a SASL authentication (RFC 4422): PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256 and -PLUS (RFC 5802,
// 7677). Octets in, steps out: base64, the protocol's framing and "*" are the door's; accounts and passwords the
// caller's.
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

// Send this, and give what the client answers to respond().
struct Challenge {
    std::string octets;  // not base64-encoded
};

// Verify the password, then call password_checked().
struct CheckPassword {
    std::string authzid;  // whom the client wants to act for; empty: itself. The caller judges it (RFC 4422 §3.4.1)
    std::string authcid;  // who it says it is
    std::string password;
};

// Look the user's keys up, then call scram_keys().
struct NeedScramKeys {
    std::string user;  // normalised by SASLprep
};

struct Succeeded {
    std::string authcid;
    std::string authzid;     // empty: itself. The caller judges it
    std::string final_data;  // to be sent with success or, where the protocol cannot, as one more challenge
};

struct Failed {
    enum class Fault { malformed, refused };  // the client's octets are no SASL · the proof was wrong
    std::string what{};                       // for the log; no secrets
    Fault fault = Fault::malformed;
};

using Step = std::variant<Challenge, CheckPassword, NeedScramKeys, Succeeded, Failed>;

// What the TLS connection has to bind to: name as in RFC 5929 and RFC 9266, octets from the TLS library.
struct ChannelBinding {
    std::string name;  // "tls-exporter", "tls-server-end-point"
    std::string data;
};

struct ExchangeOptions {
    std::vector<ChannelBinding> channel_bindings{};  // those that this connection has; none without TLS
    bool plus_offered = false;                       // -PLUS was advertised: then "y" is a downgrade (RFC 5802 §6)
    std::size_t response_octets = 4096;              // longest response taken
    std::string server_nonce{};                      // empty: a random one; set by tests
    std::string fake_secret{};                       // the server's: seeds the salts that unknown users get
    std::uint32_t fake_iterations = default_scram_iterations;
};

// One authentication. Calls come in the order that the steps ask for; after Succeeded or Failed it is over.
class Exchange {
  public:
    virtual ~Exchange() = default;

    // The client's initial response, if it sent one (empty is not absent: RFC 4422 §4).
    virtual Step start(std::optional<std::string> initial) = 0;
    // The client's answer to a Challenge, decoded.
    virtual Step respond(std::string decoded) = 0;
    virtual Step password_checked(bool correct);
    // Nothing for an unknown user: the exchange then goes on with keys made up from fake_secret, and fails at its end.
    virtual Step scram_keys(std::optional<ScramKeys> keys);
};

struct Mechanism {
    std::string_view name;
    bool plaintext_password = false;  // the password itself is sent: only under TLS, or where policy says so
    bool needs_tls = false;           // cannot work without TLS (channel binding)
};

// All mechanisms, strongest first.
std::span<const Mechanism> mechanisms();
// By name in any case; nothing when there is none.
const Mechanism* find_mechanism(std::string_view name);

// Nothing when there is no such mechanism, or when it needs a channel binding that the options do not have.
std::unique_ptr<Exchange> make_exchange(std::string_view mechanism, ExchangeOptions options);

}  // namespace sasl
