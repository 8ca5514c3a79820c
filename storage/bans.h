// Addresses that are shut out after too many failed log-ins, for all processes on the store. Who is shut out and how
// long is server/auth's to say.
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

// Shuts the address out, or longer. Forgets some bans that are over.
Operation<std::monostate> put_ban(Ban ban);
// The ban of that address which holds now; empty: none.
Query<std::optional<Ban>> find_ban(std::string address, std::int64_t now);
// Those that hold now, the latest to end last.
Query<std::vector<Ban>> list_bans(std::int64_t now);
// Lifts the address's ban, or all; says how many held.
Operation<std::uint64_t> lift_bans(std::optional<std::string> address, std::int64_t now);

}  // namespace storage
