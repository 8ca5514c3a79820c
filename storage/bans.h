// Addresses banned after too many failed log-ins, for all processes that use the store. server/auth decides whom to ban
// and how long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

struct Ban {
    std::string address;  // as server/auth writes it: "192.0.2.1", "2001:db8::/64"
    std::int64_t since = 0;
    std::int64_t until = 0;  // Unix seconds
};

// Bans the address, or extends its ban. Also deletes some expired bans.
Operation<std::monostate> put_ban(Ban ban);
// The current ban of that address; nullopt: none.
Query<std::optional<Ban>> find_ban(std::string address, std::int64_t now);
// The current bans, by their end.
Query<std::vector<Ban>> list_bans(std::int64_t now);
// Lifts the address's ban, or all; returns how many were active.
Operation<std::uint64_t> lift_bans(std::optional<std::string> address, std::int64_t now);

}  // namespace storage
