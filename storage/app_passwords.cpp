// One row for each. An id is never given twice, so that no session can outlive its own.
#include "storage/app_passwords.h"

#include <algorithm>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t longest_label = 64;

const std::string select_password = "SELECT id, label, scope, created_at, expires_at, used_at, used_from";

AppPassword password_of(const engine::Statement& row) {
    auto [id, label, scope, created_at, expires_at, used_at, used_from] =
        row.row<AppPasswordId, std::string, std::uint8_t, std::int64_t, std::optional<std::int64_t>, std::int64_t,
                std::string>();
    return {.id = id,
            .label = std::move(label),
            .scope = static_cast<AppPasswordScope>(scope),
            .created_at = created_at,
            .expires_at = expires_at,
            .used_at = used_at,
            .used_from = std::move(used_from)};
}

Result<AccountId> account_of(Connection& connection, const std::string& given) {
    const std::string name = normal_address(given).value_or(given);
    const std::optional<AccountId> account = account_id(connection, name);
    if (!account) return refuse(Reason::no_such_account, "no such account: " + name);
    return *account;
}

Result<std::monostate> check_room(Connection& connection, AccountId account, const NewAppPassword& password,
                                  std::size_t most) {
    if (!is_app_password_label(password.label))
        return refuse(Reason::invalid_name, "a label has 1 to 64 octets, without '%' and '@'");
    auto same = connection.statement("SELECT 1 FROM app_password WHERE account_id = ? AND label = ?");
    if (same.bind(account, password.label).step())
        return refuse(Reason::already_exists, "there is an app password \"" + password.label + "\" already");
    auto counted = connection.statement("SELECT count(*) FROM app_password WHERE account_id = ?");
    counted.bind(account).step();
    if (std::cmp_greater_equal(counted.integer(0), most))
        return refuse(Reason::too_many, "an account has " + std::to_string(most) + " app passwords at most");
    return std::monostate();
}

// For whoever watches its sessions.
void tell(Batch& batch, AccountId account) { batch.changed(account, MailboxId{}, ModSeq{}); }

}  // namespace

bool is_app_password_label(std::string_view label) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return !label.empty() && label.size() <= longest_label && is_utf8(label) &&
           std::ranges::none_of(label, is_control) && label.find_first_of("@%") == std::string_view::npos &&
           label.front() != ' ' && label.back() != ' ';
}

Operation<AppPasswordId> add_app_password(std::string account, NewAppPassword password, std::size_t most) {
    auto run = [=](Batch& batch) -> std::optional<Result<AppPasswordId>> {
        Connection& connection = batch.connection();
        const Result<AccountId> owner = account_of(connection, account);
        if (!owner) return std::unexpected(owner.error());
        Result<std::monostate> room = check_room(connection, *owner, password, most);
        if (!room) return std::unexpected(std::move(room.error()));
        const ScramKeys& scram = password.scram_sha_256;
        auto made = connection.statement(
            "INSERT INTO app_password (account_id, label, scope, sha256, scram_salt, scram_iterations,"
            " scram_stored_key, scram_server_key, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " RETURNING id");
        made.bind(*owner, password.label, static_cast<int>(password.scope), engine::Octets{password.sha256},
                  engine::Octets{scram.salt}, scram.iterations, engine::Octets{scram.stored_key},
                  engine::Octets{scram.server_key}, password.created_at, password.expires_at);
        made.step();
        return made.column<AppPasswordId>(0);
    };
    return {Durability::synced, std::move(run)};
}

Operation<std::monostate> remove_app_password(std::string account, std::string label) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::monostate>> {
        const Result<AccountId> owner = account_of(batch.connection(), account);
        if (!owner) return std::unexpected(owner.error());
        const auto removed =
            batch.connection().run("DELETE FROM app_password WHERE account_id = ? AND label = ?", *owner, label);
        if (removed == 0) return refuse(Reason::no_such_credential, "there is no app password \"" + label + "\"");
        tell(batch, *owner);
        return std::monostate();
    };
    return {Durability::synced, std::move(run)};
}

Operation<std::uint64_t> remove_app_passwords(std::string account) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::uint64_t>> {
        const Result<AccountId> owner = account_of(batch.connection(), account);
        if (!owner) return std::unexpected(owner.error());
        const auto removed = batch.connection().run("DELETE FROM app_password WHERE account_id = ?", *owner);
        tell(batch, *owner);
        return static_cast<std::uint64_t>(removed);
    };
    return {Durability::synced, std::move(run)};
}

Operation<std::vector<ExpiredAppPassword>> remove_expired_app_passwords(std::int64_t now) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::vector<ExpiredAppPassword>>> {
        std::vector<ExpiredAppPassword> expired;
        std::vector<AccountId> accounts;
        {
            auto rows = batch.connection().statement(
                "SELECT account.name, label, account_id FROM app_password"
                " JOIN account ON account.id = app_password.account_id WHERE expires_at <= ? ORDER BY app_password.id");
            rows.bind(now);
            while (rows.step()) {
                auto [name, label, account] = rows.row<std::string, std::string, AccountId>();
                expired.push_back({std::move(name), std::move(label)});
                accounts.push_back(account);
            }
        }
        batch.connection().run("DELETE FROM app_password WHERE expires_at <= ?", now);
        for (const AccountId account : accounts) tell(batch, account);
        return expired;
    };
    return {Durability::synced, std::move(run)};
}

Query<bool> app_passwords_have_expired(std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<bool> {
        auto found =
            engine::connection_of(snapshot).statement("SELECT 1 FROM app_password WHERE expires_at <= ? LIMIT 1");
        return found.bind(now).step();
    };
}

Query<std::vector<AppPassword>> app_passwords_of(AccountId account) {
    return [=](Snapshot& snapshot) -> Result<std::vector<AppPassword>> {
        std::vector<AppPassword> passwords;
        auto rows = engine::connection_of(snapshot).statement(select_password +
                                                              " FROM app_password WHERE account_id = ? ORDER BY id");
        rows.bind(account);
        while (rows.step()) passwords.push_back(password_of(rows));
        return passwords;
    };
}

Query<std::optional<AppPassword>> find_app_password(AccountId account, std::string sha256, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::optional<AppPassword>> {
        auto found = engine::connection_of(snapshot).statement(select_password +
                                                               " FROM app_password WHERE sha256 = ? AND account_id = ?"
                                                               " AND (expires_at IS NULL OR expires_at > ?)");
        if (!found.bind(engine::Octets{sha256}, account, now).step()) return std::nullopt;
        return password_of(found);
    };
}

Query<std::optional<AppPasswordKeys>> find_app_password_keys(AccountId account, std::string label, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::optional<AppPasswordKeys>> {
        Connection& connection = engine::connection_of(snapshot);
        auto found = connection.statement(select_password +
                                          " FROM app_password WHERE account_id = ? AND label = ?"
                                          " AND (expires_at IS NULL OR expires_at > ?)");
        if (!found.bind(account, label, now).step()) return std::nullopt;
        AppPasswordKeys keys{.password = password_of(found), .scram_sha_256 = {}};
        auto scram = connection.statement(
            "SELECT scram_salt, scram_iterations, scram_stored_key, scram_server_key FROM app_password WHERE id = ?");
        scram.bind(keys.password.id).step();
        auto [salt, iterations, stored_key, server_key] =
            scram.row<std::string, std::uint32_t, std::string, std::string>();
        keys.scram_sha_256 = {std::move(salt), iterations, std::move(stored_key), std::move(server_key)};
        return keys;
    };
}

Query<std::vector<AppPasswordId>> missing_app_passwords(std::vector<AppPasswordId> asked) {
    return [=](Snapshot& snapshot) -> Result<std::vector<AppPasswordId>> {
        std::vector<AppPasswordId> missing;
        for (const AppPasswordId id : asked) {
            auto found = engine::connection_of(snapshot).statement("SELECT 1 FROM app_password WHERE id = ?");
            if (!found.bind(id).step()) missing.push_back(id);
        }
        return missing;
    };
}

Operation<std::monostate> note_app_password_uses(std::vector<AppPasswordUse> uses) {
    auto run = [=](Batch& batch) -> std::optional<Result<std::monostate>> {
        for (const AppPasswordUse& use : uses) {
            batch.connection().run("UPDATE app_password SET used_at = ?, used_from = ? WHERE id = ?", use.at,
                                   use.address, use.id);
        }
        return std::monostate();
    };
    return {Durability::prompt, std::move(run)};
}

}  // namespace storage
