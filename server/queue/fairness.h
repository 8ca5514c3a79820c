// How accounts share connections, next hops and look-ups. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "storage/types.h"

namespace server::queue {

// Whether an account that has `own` of something may have one more, with `left` of it left: three quarters at most, if
// no one else has any; with others, less.
bool may_have_more(std::uint32_t own, std::uint32_t left);

// Where one more of the account's belongs among those that wait, so that accounts take turns: behind all its own, and
// of each other account's behind as many.
std::size_t place_in_turn(std::span<const storage::AccountId> waiting, storage::AccountId account);

// Whose turns the account's look-ups take (dns/questions.h).
inline std::string party_of(storage::AccountId account) { return "account " + std::to_string(account.value); }

}  // namespace server::queue
