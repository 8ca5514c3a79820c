// One row for each network of an account; one that counts no more says nothing.
#include "storage/login_networks.h"

#include <optional>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/times.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

// A clock that was set back lets them count no longer than an hour from then.
std::vector<LoginNetwork> networks_of(Connection& connection, AccountId account, std::int64_t now) {
    std::vector<LoginNetwork> networks;
    auto rows = connection.statement(
        "SELECT network, at FROM login_network WHERE account_id = ? AND at > ? AND at <= ? ORDER BY at DESC, network");
    rows.bind(account, now - login_network_seconds, now);
    while (rows.step()) {
        auto [network, at] = rows.row<std::string, std::int64_t>();
        networks.push_back({.network = std::move(network), .at = at});
    }
    return networks;
}

}  // namespace

Query<std::vector<LoginNetwork>> login_networks_of(AccountId account, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::vector<LoginNetwork>> {
        return networks_of(engine::connection_of(snapshot), account, now);
    };
}

Query<bool> is_login_network(AccountId account, std::string network, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<bool> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT 1 FROM login_network WHERE account_id = ? AND network = ? AND at > ? AND at <= ?");
        return found.bind(account, network, now - login_network_seconds, now).step();
    };
}

Operation<std::size_t> note_login_network(AccountId account, std::string network, std::int64_t now) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::size_t>> {
        Connection& connection = batch.connection();
        auto exists = connection.statement("SELECT 1 FROM account WHERE id = ?");
        if (!exists.bind(account).step()) return refuse(Reason::no_such_account, "the account is gone");
        connection.run("DELETE FROM login_network WHERE account_id = ? AND (at <= ? OR at > ?)", account,
                       now - login_network_seconds, now);
        const std::size_t others = networks_of(connection, account, now).size();
        if (others >= most_login_networks) return others;
        connection.run(
            "INSERT INTO login_network (account_id, network, at) VALUES (?, ?, ?) ON CONFLICT (account_id, network) DO "
            "NOTHING",
            account, network, now);
        return networks_of(connection, account, now).size();
    };
    return {Durability::prompt, std::move(run)};
}

Result<std::monostate> check_login_networks(Batch& batch, AccountId account, std::size_t most, std::int64_t now) {
    if (most == 0) return std::monostate();
    const std::vector<LoginNetwork> networks = networks_of(batch.connection(), account, now);
    if (networks.size() <= most) return std::monostate();
    return refuse(Reason::sending_limit, "This account has logged in from " + std::to_string(networks.size()) +
                                             " networks within an hour, of " + std::to_string(most) +
                                             ": sending goes on at " +
                                             time_in_words(networks[most].at + login_network_seconds));
}

}  // namespace storage
