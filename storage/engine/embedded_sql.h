// The SQL files of storage/, embedded in the binary. Leaves running them to database.h.
#pragma once

#include <span>
#include <string_view>

namespace storage::engine {

struct Migration {
    int number = 0;  // from 1, without gaps; PRAGMA user_version after it
    std::string_view name;
    std::string_view sql;
};

std::string_view schema_sql();            // of a fresh file: what all migrations together make
std::span<const Migration> migrations();  // ascending

}  // namespace storage::engine
