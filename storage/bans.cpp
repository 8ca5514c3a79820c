// One row per address.
#include "storage/bans.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

Ban ban_of(const engine::Statement& row) {
    auto [address, since, until] = row.row<std::string, std::int64_t, std::int64_t>();
    return {.address = std::move(address), .since = since, .until = until};
}

std::uint64_t lift(Connection& connection, const std::optional<std::string>& address, std::int64_t now) {
    if (!address) {
        connection.run("DELETE FROM ban WHERE until <= ?", now);
        return static_cast<std::uint64_t>(connection.run("DELETE FROM ban"));
    }
    const auto lifted = connection.run("DELETE FROM ban WHERE address = ? AND until > ?", *address, now);
    return static_cast<std::uint64_t>(lifted);
}

}  // namespace

Operation<std::monostate> put_ban(Ban ban) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
                Connection& connection = batch.connection();
                connection.run("DELETE FROM ban WHERE until <= ?", ban.since);
                connection.run(
                    "INSERT INTO ban (address, since, until) VALUES (?, ?, ?)"
                    " ON CONFLICT (address) DO UPDATE SET since = excluded.since, until = excluded.until",
                    ban.address, ban.since, ban.until);
                return std::monostate();
            }};
}

Query<std::optional<Ban>> find_ban(std::string address, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::optional<Ban>> {
        Connection& connection = engine::connection_of(snapshot);
        auto found = connection.statement("SELECT address, since, until FROM ban WHERE address = ? AND until > ?");
        if (!found.bind(address, now).step()) return std::nullopt;
        return ban_of(found);
    };
}

Query<std::vector<Ban>> list_bans(std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::vector<Ban>> {
        Connection& connection = engine::connection_of(snapshot);
        std::vector<Ban> bans;
        auto rows =
            connection.statement("SELECT address, since, until FROM ban WHERE until > ? ORDER BY until, address");
        rows.bind(now);
        while (rows.step()) bans.push_back(ban_of(rows));
        return bans;
    };
}

Operation<std::uint64_t> lift_bans(std::optional<std::string> address, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::uint64_t>> {
                return lift(batch.connection(), address, now);
            }};
}

}  // namespace storage
