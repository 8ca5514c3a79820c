// The letters are those of base32 (RFC 4648 §6), in lower case.
#include "server/delivery/seals.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/base/text.h"
#include "protocols/sasl/scram_keys.h"

namespace server::delivery {

namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::int64_t stamps = 1'024;  // 32 * 32
constexpr std::size_t token_letters = 16;

// The first so many letters of the octets in base32; there must be enough octets.
std::string base32(std::string_view octets, std::size_t count) {
    std::string text;
    for (std::size_t bit = 0; text.size() < count; bit += 5) {
        unsigned window = static_cast<unsigned char>(octets[bit / 8]) << 8;
        if (bit / 8 + 1 < octets.size()) window |= static_cast<unsigned char>(octets[bit / 8 + 1]);
        text += alphabet[(window >> (11 - bit % 8)) & 31];
    }
    return text;
}

std::optional<std::int64_t> number_of(std::string_view stamp) {
    if (stamp.size() != 2) return std::nullopt;
    const std::size_t high = alphabet.find(base::to_lower(stamp[0]));
    const std::size_t low = alphabet.find(base::to_lower(stamp[1]));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return static_cast<std::int64_t>(high * 32 + low);
}

}  // namespace

Seals::Seals(std::vector<std::string> secrets, std::int64_t now, std::int64_t valid_days)
    : secrets_(std::move(secrets)), today_(now / day_seconds), valid_days_(valid_days) {
    base::expects(!secrets_.empty(), "a secret is needed for seals");
}

std::string Seals::seal(std::string_view text) const {
    return base32(sasl::hmac_sha256(secrets_.front(), base::lower(text)), letters);
}

bool Seals::is_seal_of(std::string_view text, std::string_view seal) const {
    const std::string given = base::lower(seal);
    const std::string sealed = base::lower(text);
    return std::ranges::any_of(secrets_, [&](const std::string& secret) {
        return sasl::equal_in_constant_time(base32(sasl::hmac_sha256(secret, sealed), letters), given);
    });
}

std::string Seals::stamp(std::int64_t days_ago) const {
    const std::int64_t number = (today_ - days_ago) % stamps;
    return {alphabet[static_cast<std::size_t>(number / 32)], alphabet[static_cast<std::size_t>(number % 32)]};
}

bool Seals::is_recent(std::string_view stamp) const {
    const std::optional<std::int64_t> number = number_of(stamp);
    if (!number) return false;
    const std::int64_t age = ((today_ - *number) % stamps + stamps) % stamps;
    return age <= valid_days_ || age == stamps - 1;  // another server's clock may be ahead
}

std::int64_t Seals::expire_at() const { return (today_ + valid_days_ + 1) * day_seconds; }

std::string Seals::token(std::string_view text) const {
    return base32(sasl::hmac_sha256(secrets_.front(), text), token_letters);
}

}  // namespace server::delivery
