// HMAC-SHA-1 by OpenSSL: what is wrong with SHA-1 does not touch it (RFC 4226, appendix B).
#include "server/auth/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "protocols/base/text.h"
#include "protocols/sasl/scram_keys.h"
#include "server/auth/passwords.h"

namespace server::auth {

namespace {

constexpr std::int64_t totp_step_seconds = 30;
constexpr std::size_t totp_secret_octets = 20;
constexpr std::size_t recovery_codes_made = 10;
constexpr std::size_t recovery_code_letters = 16;

std::string hmac_sha1(std::string_view key, std::string_view octets) {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(octets.data());
    if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), data, octets.size(),
             reinterpret_cast<unsigned char*>(digest.data()), &length) == nullptr)
        throw std::runtime_error("OpenSSL computes no HMAC");
    digest.resize(length);
    return digest;
}

// Letters and digits in small letters, without "-" and spaces; nullopt if there is anything else, or too much.
std::optional<std::string> typed_letters(std::string_view typed, std::size_t count) {
    std::string letters;
    for (const char one : typed) {
        if (one == '-' || base::is_space(one)) continue;
        if ((!base::is_alpha(one) && !base::is_digit(one)) || letters.size() == count) return std::nullopt;
        letters += base::to_lower(one);
    }
    if (letters.size() != count) return std::nullopt;
    return letters;
}

// RFC 3986 §2.1: all but unreserved characters.
std::string uri_part(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char one : text) {
        if (base::is_alpha(one) || base::is_digit(one) || std::string_view("-._~").contains(one)) {
            encoded += one;
            continue;
        }
        const auto octet = static_cast<unsigned char>(one);
        encoded += {'%', digits[octet >> 4], digits[octet & 0xf]};
    }
    return encoded;
}

}  // namespace

std::string hotp(std::string_view secret, std::uint64_t counter, unsigned digits) {
    std::string moving(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) moving[i] = static_cast<char>(counter >> (56 - 8 * i));
    const std::string digest = hmac_sha1(secret, moving);
    const auto octet = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(digest[at]));
    };
    const std::size_t offset = octet(19) & 0xf;
    std::uint32_t number =
        (octet(offset) & 0x7f) << 24 | octet(offset + 1) << 16 | octet(offset + 2) << 8 | octet(offset + 3);
    std::string code(digits, '0');
    for (std::size_t i = digits; i-- > 0; number /= 10) code[i] = static_cast<char>('0' + number % 10);
    return code;
}

std::int64_t totp_step(std::int64_t time) { return time / totp_step_seconds; }

std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view typed, std::int64_t now) {
    const std::optional<std::string> code = typed_letters(typed, 6);
    if (!code) return std::nullopt;
    std::optional<std::int64_t> matching;
    for (const std::int64_t step : {totp_step(now) - 1, totp_step(now), totp_step(now) + 1}) {
        if (step >= 0 && sasl::equal_in_constant_time(hotp(secret, static_cast<std::uint64_t>(step)), *code))
            matching = step;
    }
    return matching;
}

std::string generate_totp_secret() { return sasl::random_octets(totp_secret_octets); }

std::string otpauth_uri(std::string_view issuer, std::string_view account, std::string_view secret) {
    return "otpauth://totp/" + uri_part(issuer) + ":" + uri_part(account) + "?secret=" + typed_secret(secret) +
           "&issuer=" + uri_part(issuer) + "&algorithm=SHA1&digits=6&period=30";
}

std::string typed_secret(std::string_view secret) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char one : secret) {
        bits = (bits << 8 | static_cast<unsigned char>(one)) & 0xffff;
        for (count += 8; count >= 5; count -= 5) text += alphabet[bits >> (count - 5) & 0x1f];
    }
    if (count != 0) text += alphabet[bits << (5 - count) & 0x1f];
    return text;
}

std::vector<std::string> generate_recovery_codes() {
    std::vector<std::string> codes;
    while (codes.size() < recovery_codes_made) codes.push_back(random_groups(4, 4));
    return codes;
}

std::optional<std::string> recovery_code_hash(std::string_view typed) {
    const std::optional<std::string> letters = typed_letters(typed, recovery_code_letters);
    if (!letters) return std::nullopt;
    return sasl::sha256(*letters);
}

}  // namespace server::auth
