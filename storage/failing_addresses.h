// Addresses elsewhere to which an account's mail has failed for good, in a row: after some failures it is suppressed,
// that is refused at submission. Of each account by itself: whatever one user's mail comes to, others may still send.
// Counted in the commit that concludes an attempt; server/queue/bad_address.h says which failures count.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/query.h"

namespace storage {

// When mail to an address is suppressed, and what is remembered.
struct SuppressionOptions {
    std::uint32_t after = 3;                             // failures without a success between them; 0: never
    std::chrono::seconds lasts{std::chrono::days(180)};  // since the last failure; all of it is forgotten then
    std::uint64_t rows = 5'000;                          // addresses of one account: the newest
};

// An address that an account's mail does not reach.
struct SuppressedAddress {
    std::string account;  // its name
    std::string address;  // in lower case
    std::uint32_t failures = 0;
    std::int64_t last_at = 0;
    std::string last_reply;  // of the other server, or our own words
    std::int64_t since = 0;
    std::int64_t until = 0;
};

// Nothing if the account's mail is still sent there.
Query<std::optional<SuppressedAddress>> find_suppressed(AccountId account, std::string address, std::int64_t now);
// Of all accounts, or of the one with this name, by account and address.
Query<std::vector<SuppressedAddress>> list_suppressed(std::optional<std::string> account, std::int64_t now);
// Lets mail be sent there again, of all accounts or this one, to all addresses or this one: failures are counted anew.
// Returns how many were suppressed.
Operation<std::uint64_t> lift_suppressed(std::optional<std::string> account, std::optional<std::string> address,
                                         std::int64_t now);
// Forgets at most `most` that have expired; true if there may be more. Prompt.
Operation<bool> forget_failing_addresses(std::int64_t now, std::size_t most);

}  // namespace storage
