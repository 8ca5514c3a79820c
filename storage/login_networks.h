// From how many networks an account has logged in within an hour: many of them at once are hardly one person, so its
// password may be stolen, and what it sends waits. Reading is not affected. server/auth says what a network is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

constexpr std::int64_t login_network_seconds = 3'600;  // so long a network counts, since its first log-in
constexpr std::size_t most_login_networks = 1'000;     // of one account: no more are told apart

struct LoginNetwork {
    std::string network;
    std::int64_t at = 0;
};

// Those that count now, the newest first.
Query<std::vector<LoginNetwork>> login_networks_of(AccountId account, std::int64_t now);
// Whether this one counts: then it need not be noted again.
Query<bool> is_login_network(AccountId account, std::string network, std::int64_t now);
// Notes a log-in from there, and returns how many count now. Prompt. Refuses no_such_account.
Operation<std::size_t> note_login_network(AccountId account, std::string network, std::int64_t now);

// Refuses sending_limit if more than `most` count now; 0: any number may. For operations.
Result<std::monostate> check_login_networks(engine::Batch& batch, AccountId account, std::size_t most,
                                            std::int64_t now);

}  // namespace storage
