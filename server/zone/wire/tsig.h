// Messages of the DNS signed with a shared secret: TSIG, RFC 8945. With HMAC-SHA-256, -384 or -512 (RFC 8945 §6). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace server::zone {

enum class TsigAlgorithm : std::uint8_t { hmac_sha256, hmac_sha384, hmac_sha512 };

// "hmac-sha256", as key files and messages have it.
std::string_view name_of(TsigAlgorithm algorithm);
std::optional<TsigAlgorithm> tsig_algorithm_named(std::string_view name);

struct TsigKey {
    std::string name;  // in lower case, without the final dot
    TsigAlgorithm algorithm = TsigAlgorithm::hmac_sha256;
    std::string secret;  // octets
};

struct SignedMessage {
    std::string octets;
    std::string mac;  // for the answer's
};

// The message with a TSIG record at its end (RFC 8945 §5.1). `now`: Unix seconds.
SignedMessage sign(std::string message, const TsigKey& key, std::int64_t now);

// What the TSIG record of an answer says, RFC 8945 §5.4.
struct TsigAnswer {
    bool is_signed = false;   // with this key, for this request, and its signature is right
    bool is_in_time = false;  // its time of signing is near ours
    std::uint16_t error = 0;  // the server's words about our signature, BADKEY and the like; may be anybody's words
                              // where it is not signed
    std::int64_t time = 0;    // of signing; with BADTIME the server's clock
};
inline constexpr std::uint16_t tsig_bad_signature = 16;
inline constexpr std::uint16_t tsig_bad_key = 17;
inline constexpr std::uint16_t tsig_bad_time = 18;
inline constexpr std::uint16_t tsig_bad_truncation = 22;

// nullopt: the answer has no TSIG record, or is malformed. A signature that is shorter than the whole MAC is a wrong
// one.
std::optional<TsigAnswer> read_tsig(std::string_view answer, const TsigKey& key, std::string_view request_mac,
                                    std::int64_t now);

}  // namespace server::zone
