// Codes by time (TOTP, RFC 6238) over codes by counter (HOTP, RFC 4226), with what every authenticator app knows:
// SHA-1, six digits, 30 seconds. And recovery codes. Pure, but for the random octets; storage/second_factors.h keeps
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace server::auth {

// RFC 4226 §5.3; at most nine digits.
std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits = 6);

// The step of 30 seconds in which this time (Unix seconds) is. RFC 6238 §4.2
std::int64_t totp_step(std::int64_t time);
// The step whose code was typed (with or without spaces), this one or one beside it: clocks differ, people are slow
// (RFC 6238 §5.2). nullopt: none.
std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view typed, std::int64_t now);

// 160 random bits. RFC 4226 §4 R6
std::string generate_totp_secret();
// What an authenticator app reads as a QR code: "otpauth://totp/ISSUER:ACCOUNT?secret=…".
std::string otpauth_uri(std::string_view issuer, std::string_view account, std::string_view secret);
// In base32 (RFC 4648 §6), for those that are typed.
std::string typed_secret(std::string_view secret);

// Ten of 80 bits, "xxxx-xxxx-xxxx-xxxx".
std::vector<std::string> generate_recovery_codes();
// The hash of what was typed, with or without "-" and spaces, in any case; nullopt: it is no recovery code.
std::optional<std::string> recovery_code_hash(std::string_view typed);

}  // namespace server::auth
