// One row for each network of an account.
#include "storage/known_networks.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

Query<std::optional<std::int64_t>> find_known_network(AccountId account, std::string network) {
    return [=](Snapshot& snapshot) -> Result<std::optional<std::int64_t>> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT last_at FROM known_network WHERE account_id = ? AND network = ?");
        if (!found.bind(account, network).step()) return std::nullopt;
        return found.integer(0);
    };
}

Operation<std::monostate> note_known_network(AccountId account, std::string network, std::int64_t now,
                                             std::size_t most) {
    auto run = [=](engine::Batch& batch) -> std::optional<Result<std::monostate>> {
        engine::Connection& connection = batch.connection();
        auto exists = connection.statement("SELECT 1 FROM account WHERE id = ?");
        if (!exists.bind(account).step()) return refuse(Reason::no_such_account, "the account is gone");
        connection.run(
            "INSERT INTO known_network (account_id, network, last_at) VALUES (?, ?, ?)"
            " ON CONFLICT (account_id, network) DO UPDATE SET last_at = excluded.last_at",
            account, network, now);
        connection.run(
            "DELETE FROM known_network WHERE account_id = ? AND network NOT IN"
            " (SELECT network FROM known_network WHERE account_id = ? ORDER BY last_at DESC, network LIMIT ?)",
            account, account, most);
        return std::monostate();
    };
    return {Durability::prompt, std::move(run)};
}

}  // namespace storage
