// Networks from which an account has logged in: not slowed down while strangers guess at its password. server/auth
// decides what a network is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "storage/query.h"

namespace storage {

// When the account was last noted to have logged in from there (Unix seconds); nullopt: never, or too long ago.
Query<std::optional<std::int64_t>> find_known_network(AccountId account, std::string network);

// Notes a log-in; of more than `most` networks the least recent are forgotten. Prompt. Refuses no_such_account.
Operation<std::monostate> note_known_network(AccountId account, std::string network, std::int64_t now,
                                             std::size_t most);

}  // namespace storage
