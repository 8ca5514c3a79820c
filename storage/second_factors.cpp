// A row for the account, and one for each recovery code that is left.
#include "storage/second_factors.h"

#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

Result<AccountId> factor_owner(Connection& connection, const std::string& given) {
    const std::string name = normal_address(given).value_or(given);
    const std::optional<AccountId> account = account_id(connection, name);
    if (!account) return refuse(Reason::no_such_account, "no such account: " + name);
    return *account;
}

// Runs `change` for the account; a refusal of it stands.
Operation<std::monostate> for_owner(std::string account,
                                    std::function<Result<std::monostate>(Batch&, AccountId)> change) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::monostate>> {
        const Result<AccountId> owner = factor_owner(batch.connection(), account);
        if (!owner) return std::unexpected(owner.error());
        return change(batch, *owner);
    };
    return {Durability::synced, std::move(run)};
}

void forget_attempts(Connection& connection, AccountId account) {
    connection.run("UPDATE second_factor SET attempts = 0 WHERE account_id = ?", account);
}

}  // namespace

Query<std::optional<SecondFactor>> find_second_factor(AccountId account) {
    return [=](Snapshot& snapshot) -> Result<std::optional<SecondFactor>> {
        auto found = engine::connection_of(snapshot).statement(
            "SELECT secret, since, last_step, (SELECT count(*) FROM recovery_code WHERE account_id = ?)"
            " FROM second_factor WHERE account_id = ?");
        if (!found.bind(account, account).step()) return std::nullopt;
        auto [secret, since, last_step, codes] = found.row<std::string, std::int64_t, std::int64_t, std::uint64_t>();
        return SecondFactor{
            .secret = std::move(secret), .since = since, .last_step = last_step, .recovery_codes = codes};
    };
}

Operation<std::monostate> begin_second_factor(std::string account, std::string secret) {
    return for_owner(std::move(account), [=](Batch& batch, AccountId owner) -> Result<std::monostate> {
        const auto begun = batch.connection().run(
            "INSERT INTO second_factor (account_id, secret) VALUES (?, ?)"
            " ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret WHERE second_factor.since = 0",
            owner, engine::Octets{secret});
        if (begun == 0) return refuse(Reason::conflict, "the second factor is on already");
        return std::monostate();
    });
}

Operation<std::monostate> confirm_second_factor(std::string account, std::string secret, std::int64_t step,
                                                std::vector<std::string> recovery_hashes, std::int64_t now) {
    return for_owner(std::move(account), [=](Batch& batch, AccountId owner) -> Result<std::monostate> {
        Connection& connection = batch.connection();
        const auto confirmed = connection.run(
            "UPDATE second_factor SET since = ?, last_step = ?, attempts = 0"
            " WHERE account_id = ? AND secret = ? AND since = 0",
            now, step, owner, engine::Octets{secret});
        if (confirmed == 0) return refuse(Reason::conflict, "no second factor waits for its first code");
        connection.run("DELETE FROM recovery_code WHERE account_id = ?", owner);
        for (const std::string& hash : recovery_hashes)
            connection.run("INSERT INTO recovery_code (account_id, sha256) VALUES (?, ?)", owner, engine::Octets{hash});
        connection.run("UPDATE credential SET generation = generation + 1 WHERE account_id = ?", owner);
        batch.change_account(owner);  // its sessions notice
        return std::monostate();
    });
}

Operation<std::monostate> remove_second_factor(std::string account) {
    return for_owner(std::move(account), [=](Batch& batch, AccountId owner) -> Result<std::monostate> {
        const auto removed = batch.connection().run("DELETE FROM second_factor WHERE account_id = ?", owner);
        if (removed == 0) return refuse(Reason::conflict, "the second factor is off already");
        batch.connection().run("DELETE FROM recovery_code WHERE account_id = ?", owner);
        return std::monostate();
    });
}

Operation<std::monostate> count_code_attempt(AccountId account, CodeLimit limit, std::int64_t now) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::monostate>> {
        std::int64_t attempts = 0;
        std::int64_t from = 0;
        {
            auto found = batch.connection().statement(
                "SELECT attempts, attempts_from FROM second_factor WHERE account_id = ? AND since != 0");
            if (!found.bind(account).step()) return refuse(Reason::no_such_credential, "there is no second factor");
            attempts = found.integer(0);
            from = found.integer(1);
        }
        if (attempts == 0 || now - from >= limit.within_seconds || now < from) {
            attempts = 0;
            from = now;
        }
        if (std::cmp_greater_equal(attempts, limit.most))
            return refuse(Reason::throttled, "too many wrong codes: try again later");
        batch.connection().run("UPDATE second_factor SET attempts = ?, attempts_from = ? WHERE account_id = ?",
                               attempts + 1, from, account);
        return std::monostate();
    };
    return {Durability::synced, std::move(run)};
}

Operation<bool> take_code(AccountId account, std::string secret, std::int64_t step) {
    auto run = [=](Batch& batch) -> std::optional<Result<bool>> {
        const auto taken = batch.connection().run(
            "UPDATE second_factor SET last_step = ?, attempts = 0"
            " WHERE account_id = ? AND secret = ? AND since != 0 AND last_step < ?",
            step, account, engine::Octets{secret}, step);
        return taken != 0;
    };
    return {Durability::synced, std::move(run)};
}

Operation<bool> take_recovery_code(AccountId account, std::string hash) {
    auto run = [=](Batch& batch) -> std::optional<Result<bool>> {
        const auto taken = batch.connection().run("DELETE FROM recovery_code WHERE account_id = ? AND sha256 = ?",
                                                  account, engine::Octets{hash});
        if (taken != 0) forget_attempts(batch.connection(), account);
        return taken != 0;
    };
    return {Durability::synced, std::move(run)};
}

}  // namespace storage
