#include "storage/sts_policies.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

Query<std::optional<StsPolicy>> find_sts_policy(std::string domain) {
    return [=](Snapshot& snapshot) -> Result<std::optional<StsPolicy>> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT domain, id, text, fetched_at, expires_at FROM sts_policy WHERE domain = ?");
        if (!found.bind(domain).step()) return std::nullopt;
        auto [name, id, text, fetched_at, expires_at] =
            found.row<std::string, std::string, std::string, std::int64_t, std::int64_t>();
        return StsPolicy{.domain = std::move(name),
                         .id = std::move(id),
                         .text = std::move(text),
                         .fetched_at = fetched_at,
                         .expires_at = expires_at};
    };
}

Operation<std::monostate> put_sts_policy(StsPolicy policy, std::int64_t now) {
    return {Durability::prompt, [=](engine::Batch& batch) -> std::optional<Result<std::monostate>> {
                engine::Connection& connection = batch.connection();
                connection.run("DELETE FROM sts_policy WHERE expires_at <= ?", now);
                connection.run(
                    "INSERT INTO sts_policy (domain, id, text, fetched_at, expires_at) VALUES (?, ?, ?, ?, ?) ON "
                    "CONFLICT (domain) DO UPDATE SET id = excluded.id, text = excluded.text, fetched_at = "
                    "excluded.fetched_at, expires_at = excluded.expires_at",
                    policy.domain, policy.id, policy.text, policy.fetched_at, policy.expires_at);
                connection.run(
                    "DELETE FROM sts_policy WHERE domain IN (SELECT domain FROM sts_policy ORDER BY fetched_at DESC, "
                    "domain LIMIT 1000 OFFSET ?)",
                    most_sts_policies);
                return std::monostate();
            }};
}

}  // namespace storage
