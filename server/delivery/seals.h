// Short seals on what comes back to us within an address: return addresses (srs.h), and those of lists. An HMAC-SHA256
// (RFC 2104) cut to 40 bits, and the day in two letters; both survive servers that change the case of a local part.
// Pure: storage/return_addresses.h keeps the secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace server::delivery {

class Seals {
  public:
    static constexpr std::size_t letters = 8;
    static constexpr std::int64_t day_seconds = 86'400;

    // The first secret seals, all of them verify; there must be one. `now`: Unix seconds. What was sealed is valid for
    // so many days, fewer than the stamps have.
    Seals(std::vector<std::string> secrets, std::int64_t now, std::int64_t valid_days = 21);

    // Of the text in lower case, so that it is the same however the text comes back.
    std::string seal(std::string_view text) const;
    bool is_seal_of(std::string_view text, std::string_view seal) const;

    std::string stamp() const { return stamp(0); }   // today
    std::string stamp(std::int64_t days_ago) const;  // they repeat after 1,024 days
    bool is_recent(std::string_view stamp) const;    // not older than valid_days()
    std::int64_t valid_days() const { return valid_days_; }
    std::int64_t expire_at() const;  // Unix seconds: when today's stamp is not recent any more
    // A name for the text that nobody else can compute, of 16 letters.
    std::string token(std::string_view text) const;

  private:
    std::vector<std::string> secrets_;
    std::int64_t today_;
    std::int64_t valid_days_;
};

}  // namespace server::delivery
