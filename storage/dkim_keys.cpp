// One row per key.
#include "storage/dkim_keys.h"

#include <tuple>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

Result<std::monostate> insert_dkim_key(Connection& connection, const DkimKey& key) {
    if (!domain_is_ours(connection, key.domain)) {
        return refuse(Reason::no_such_domain, "no such domain: " + key.domain);
    }
    const auto added = connection.run(
        "INSERT INTO dkim_key (domain, selector, algorithm, state, state_at, created_at, seen_at, public_key,"
        " private_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        key.domain, key.selector, key.algorithm, key.state, key.state_at, key.created_at, key.seen_at, key.public_key,
        key.private_key);
    if (added > 0) return std::monostate();
    return refuse(Reason::already_exists, key.domain + " has, or had, a DKIM key of that name: " + key.selector);
}

DkimKey dkim_key_of(const engine::Statement& row) {
    DkimKey key;
    std::tie(key.domain, key.selector, key.algorithm, key.state, key.state_at, key.created_at, key.seen_at,
             key.public_key, key.private_key) =
        row.row<std::string, std::string, DkimAlgorithm, DkimState, std::int64_t, std::int64_t, std::int64_t,
                std::string, std::string>();
    return key;
}

std::vector<DkimKey> dkim_keys_of(engine::Statement& rows) {
    std::vector<DkimKey> keys;
    while (rows.step()) keys.push_back(dkim_key_of(rows));
    return keys;
}

Result<std::monostate> change_key(Connection& connection, const std::string& domain, const DkimChange& change,
                                  std::int64_t now) {
    const auto changed = connection.run(
        "UPDATE dkim_key SET state = ?, state_at = CASE WHEN state = ? THEN state_at ELSE ? END, seen_at = ?,"
        " private_key = CASE WHEN ? THEN '' ELSE private_key END"
        " WHERE domain = ? AND selector = ? AND state = ? AND state != ?",
        change.to, change.to, now, change.seen_at, change.to == DkimState::withdrawn, domain, change.selector,
        change.from, DkimState::withdrawn);
    if (changed > 0) return std::monostate();
    return refuse(Reason::conflict, "the DKIM key " + change.selector + " of " + domain + " has changed meanwhile");
}

}  // namespace

Operation<std::monostate> add_dkim_key(DkimKey key) {
    return {Durability::synced, [=](Batch& batch) -> Done { return insert_dkim_key(batch.connection(), key); }};
}

Operation<std::monostate> add_first_dkim_key(DkimKey key) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                auto other =
                    batch.connection().statement("SELECT 1 FROM dkim_key WHERE domain = ? AND state != ? LIMIT 1");
                if (other.bind(key.domain, DkimState::withdrawn).step()) {
                    return refuse(Reason::already_exists, key.domain + " has a DKIM key already");
                }
                return insert_dkim_key(batch.connection(), key);
            }};
}

Operation<std::monostate> with_dkim_key(Operation<std::monostate> add_domain, DkimKey key) {
    return {add_domain.durability, [add = std::move(add_domain.run), key = std::move(key)](Batch& batch) mutable {
                Done done = add(batch);
                if (done && *done) done = insert_dkim_key(batch.connection(), key);
                return done;
            }};
}

Query<std::vector<DkimKey>> list_dkim_keys(std::optional<std::string> domain) {
    return [=](Snapshot& snapshot) -> Result<std::vector<DkimKey>> {
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT domain, selector, algorithm, state, state_at, created_at, seen_at, public_key, '' FROM dkim_key"
            " WHERE ? OR domain = ? ORDER BY domain, created_at, selector");
        rows.bind(!domain, domain.value_or(""));
        return dkim_keys_of(rows);
    };
}

Query<std::vector<DkimKey>> find_signing_keys(std::string domain) {
    return [=](Snapshot& snapshot) -> Result<std::vector<DkimKey>> {
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT domain, selector, algorithm, state, state_at, created_at, seen_at, public_key, private_key"
            " FROM dkim_key WHERE domain = ? AND state = ? ORDER BY algorithm, created_at, selector");
        rows.bind(domain, DkimState::signing);
        return dkim_keys_of(rows);
    };
}

Query<std::vector<std::string>> domains_without_dkim_key() {
    return [](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT name FROM domain WHERE NOT EXISTS (SELECT 1 FROM dkim_key WHERE dkim_key.domain = domain.name"
            " AND state != ?) ORDER BY id");
        rows.bind(DkimState::withdrawn);
        std::vector<std::string> domains;
        while (rows.step()) domains.push_back(rows.column<std::string>(0));
        return domains;
    };
}

Operation<std::monostate> change_dkim_keys(std::string domain, std::vector<DkimChange> changes, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                for (const DkimChange& change : changes) {
                    Result<std::monostate> done = change_key(batch.connection(), domain, change, now);
                    if (!done) return done;
                }
                return std::monostate();
            }};
}

}  // namespace storage
