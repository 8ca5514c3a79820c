// A second factor of an account: codes by time (TOTP, RFC 6238) and recovery codes. server/auth computes the codes. The
// secret lies here as it is: a key beside it would be taken with the same file, and one elsewhere would make a backup
// useless. Recovery codes are random, and kept as plain hashes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

struct SecondFactor {
    std::string secret;
    std::int64_t since = 0;      // it is asked for; 0: it waits for its first code
    std::int64_t last_step = 0;  // of the last code that was taken: this one and older ones are used (RFC 6238 §5.2)
    std::uint64_t recovery_codes = 0;  // that are left
};
Query<std::optional<SecondFactor>> find_second_factor(AccountId account);

// Begins an enrolment, in place of one that was not confirmed. Refuses no_such_account; conflict if it is on.
Operation<std::monostate> begin_second_factor(std::string account, std::string secret);
// From now on it is asked for; the account's log-ins end. Refuses no_such_account; conflict unless this secret waits.
Operation<std::monostate> confirm_second_factor(std::string account, std::string secret, std::int64_t step,
                                                std::vector<std::string> recovery_hashes, std::int64_t now);
// Refuses no_such_account; conflict if there is none.
Operation<std::monostate> remove_second_factor(std::string account);

// How often somebody may try a code of one account.
struct CodeLimit {
    std::uint64_t most = 10;
    std::int64_t within_seconds = 3'600;
};
// Counts an attempt before it is judged. Refuses throttled over the limit; no_such_credential if the account has none.
Operation<std::monostate> count_code_attempt(AccountId account, CodeLimit limit, std::int64_t now);
// The code of this step was right: taken, unless it or a later one was taken before. Forgets what was counted.
Operation<bool> take_code(AccountId account, std::string secret, std::int64_t step);
// The same for a recovery code: it is gone then.
Operation<bool> take_recovery_code(AccountId account, std::string hash);

}  // namespace storage
