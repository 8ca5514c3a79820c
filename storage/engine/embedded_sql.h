// The SQL files of storage/, embedded in the binary. database.h runs them.
#pragma once

#include <span>
#include <string_view>

namespace storage::engine {

struct Migration {
    int number = 0;  // from 1, without gaps; PRAGMA user_version after it
    std::string_view name;
    std::string_view sql;
};

std::string_view schema_sql();            // for a new file: the result of all migrations
std::span<const Migration> migrations();  // ascending

}  // namespace storage::engine
