// Secrets and long senders: two small tables.
#include "storage/return_addresses.h"

#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/queue_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr int forgotten_at_once = 100;  // long senders, with each that is kept

std::vector<ReturnSecret> read_secrets(Connection& connection) {
    std::vector<ReturnSecret> secrets;
    auto rows = connection.statement("SELECT secret, created_at FROM return_secret ORDER BY id DESC");
    while (rows.step()) {
        auto [secret, created_at] = rows.row<std::string, std::int64_t>();
        secrets.push_back({.secret = std::move(secret), .created_at = created_at});
    }
    return secrets;
}

}  // namespace

Query<std::vector<ReturnSecret>> return_secrets() {
    return [](Snapshot& snapshot) -> Result<std::vector<ReturnSecret>> {
        return read_secrets(engine::connection_of(snapshot));
    };
}

Operation<std::vector<ReturnSecret>> renew_return_secret(std::string fresh, std::int64_t now,
                                                         std::int64_t renewed_before, std::int64_t forgotten_before) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::vector<ReturnSecret>>> {
                Connection& connection = batch.connection();
                std::vector<ReturnSecret> secrets = read_secrets(connection);
                if (!secrets.empty() && secrets.front().created_at >= renewed_before) return secrets;
                connection.run(
                    "DELETE FROM return_secret WHERE id < (SELECT max(id) FROM return_secret WHERE created_at < ?)",
                    forgotten_before);
                connection.run("INSERT INTO return_secret (secret, created_at) VALUES (?, ?)", engine::Octets{fresh},
                               now);
                return read_secrets(connection);
            }};
}

Query<std::string> find_long_sender(std::string token, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::string> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT reverse_path FROM long_sender WHERE token = ? AND expires_at > ?");
        if (!found.bind(token, now).step()) return refuse(Reason::no_such_account, "this return address has expired");
        return found.column<std::string>(0);
    };
}

void keep_long_sender(Connection& connection, const LongSender& sender, std::int64_t now) {
    connection.run(
        "DELETE FROM long_sender WHERE token IN (SELECT token FROM long_sender WHERE expires_at <= ? ORDER BY "
        "expires_at LIMIT ?)",
        now, forgotten_at_once);
    connection.run(
        "INSERT INTO long_sender (token, reverse_path, expires_at) VALUES (?, ?, ?) ON CONFLICT (token) DO UPDATE SET "
        "expires_at = excluded.expires_at",
        sender.token, sender.reverse_path, sender.expires_at);
}

}  // namespace storage
