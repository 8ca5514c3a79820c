// Accounts, credentials, quotas. An account is created with its mailboxes (RFC 6154) in the same operation. server/auth
// hashes passwords; the sweep deletes the messages of a removed account.
#include "storage/accounts.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/list_rows.h"
#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

struct DefaultMailbox {
    const char* name;
    SpecialUse use;
};
constexpr std::array<DefaultMailbox, 6> default_mailboxes{{
    {.name = "INBOX", .use = SpecialUse::none},
    {.name = "Sent", .use = SpecialUse::sent},
    {.name = "Drafts", .use = SpecialUse::drafts},
    {.name = "Trash", .use = SpecialUse::trash},
    {.name = "Junk", .use = SpecialUse::junk},
    {.name = "Archive", .use = SpecialUse::archive},
}};

std::string normal_or_as_given(const std::string& name) { return normal_address(name).value_or(name); }

std::unexpected<Refusal> no_such_account(const std::string& name) {
    return refuse(Reason::no_such_account, "no such account: " + name);
}

void put_credentials(Connection& connection, AccountId account, const Credentials& credentials) {
    const ScramKeys& scram = credentials.scram_sha_256;
    connection.run(
        "INSERT INTO credential"
        " (account_id, argon2id, scram_salt, scram_iterations, scram_stored_key, scram_server_key)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (account_id) DO UPDATE SET argon2id = excluded.argon2id, scram_salt = excluded.scram_salt,"
        " scram_iterations = excluded.scram_iterations, scram_stored_key = excluded.scram_stored_key,"
        " scram_server_key = excluded.scram_server_key, generation = credential.generation + 1",
        account, credentials.argon2id, engine::Octets{scram.salt}, scram.iterations, engine::Octets{scram.stored_key},
        engine::Octets{scram.server_key});
}

// If an account is removed and created again, its UIDVALIDITYs must not repeat the old ones (RFC 9051 §2.3.1.1).
std::int64_t first_uid_validity(Connection& connection, std::int64_t now) {
    auto floor = connection.statement("SELECT value FROM state WHERE name = 'uid_validity_floor'");
    return std::max(now, floor.step() ? floor.integer(0) : 1);
}

void raise_uid_validity_floor(Connection& connection, AccountId account) {
    connection.run(
        "INSERT INTO state (name, value)"
        " SELECT 'uid_validity_floor', next_uid_validity FROM account WHERE id = ?"
        " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        account);
}

Result<AccountId> insert_account(Batch& batch, const std::string& given, const Credentials& credentials,
                                 std::int64_t now) {
    Connection& connection = batch.connection();
    const std::optional<std::string> name = normal_address(given);
    if (!name) return refuse(Reason::invalid_name, "not an address: " + given);
    const std::string domain = name->substr(name->rfind('@') + 1);
    if (!domain_is_ours(connection, domain)) return refuse(Reason::no_such_domain, "no such domain: " + domain);
    if (account_id(connection, *name)) return refuse(Reason::already_exists, "account exists: " + *name);
    if (alias_exists(connection, *name)) return refuse(Reason::already_exists, "an alias has that name: " + *name);
    if (list_exists(connection, *name)) return refuse(Reason::already_exists, "a list has that name: " + *name);

    auto made =
        connection.statement("INSERT INTO account (name, next_uid_validity, created_at) VALUES (?, ?, ?) RETURNING id");
    made.bind(*name, first_uid_validity(connection, now), now).step();
    const AccountId account = made.column<AccountId>(0);
    made.reset();
    put_credentials(connection, account, credentials);
    for (const DefaultMailbox& mailbox : default_mailboxes) {
        insert_mailbox(batch, account, mailbox.name, mailbox.use, ModSeq{1});
        connection.run("INSERT INTO subscription (account_id, name) VALUES (?, ?)", account,
                       std::string_view(mailbox.name));
    }
    return account;
}

void drop_all_mailboxes(Batch& batch, AccountId account) {
    std::vector<MailboxId> mailboxes;
    {
        auto rows = batch.connection().statement("SELECT id FROM mailbox WHERE account_id = ? ORDER BY id");
        rows.bind(account);
        while (rows.step()) mailboxes.push_back(rows.column<MailboxId>(0));
    }
    for (const MailboxId mailbox : mailboxes) drop_mailbox(batch, mailbox);
}

Result<std::monostate> delete_account(Batch& batch, const std::string& given) {
    Connection& connection = batch.connection();
    const std::string name = normal_or_as_given(given);
    const std::optional<AccountId> account = account_id(connection, name);
    if (!account) return no_such_account(name);
    batch.change_account(*account);  // its sessions notice that it is gone
    drop_all_mailboxes(batch, *account);
    raise_uid_validity_floor(connection, *account);
    batch.flush();
    connection.run("DELETE FROM credential WHERE account_id = ?", *account);
    connection.run("DELETE FROM app_password WHERE account_id = ?", *account);
    connection.run("DELETE FROM second_factor WHERE account_id = ?", *account);
    connection.run("DELETE FROM recovery_code WHERE account_id = ?", *account);
    connection.run("DELETE FROM filed_list WHERE account_id = ?", *account);
    connection.run("DELETE FROM hidden_message WHERE account_id = ?", *account);
    connection.run(
        "INSERT INTO unreferenced (blob_id) SELECT blob_id FROM upload WHERE account_id = ?"
        " ON CONFLICT DO NOTHING",
        *account);
    connection.run("DELETE FROM upload WHERE account_id = ?", *account);
    connection.run("DELETE FROM removed_mailbox WHERE account_id = ?", *account);
    connection.run("DELETE FROM identity WHERE account_id = ?", *account);
    connection.run("DELETE FROM vacation_response WHERE account_id = ?", *account);
    connection.run("DELETE FROM known_network WHERE account_id = ?", *account);
    connection.run("DELETE FROM sending WHERE account_id = ?", *account);
    connection.run("DELETE FROM failing_address WHERE account_id = ?", *account);
    connection.run("DELETE FROM login_network WHERE account_id = ?", *account);
    connection.run("DELETE FROM push_subscription WHERE account_id = ?", *account);
    connection.run("DELETE FROM open_session WHERE account_id = ?", *account);
    connection.run("DELETE FROM web_session WHERE account_id = ?", *account);
    connection.run("DELETE FROM subscription WHERE account_id = ?", *account);
    connection.run("DELETE FROM keyword WHERE account_id = ?", *account);
    connection.run("DELETE FROM mailbox_right WHERE account_id = ?", *account);
    connection.run("DELETE FROM metadata WHERE account_id = ?", *account);
    connection.run("DELETE FROM account WHERE id = ?", *account);
    connection.run("DELETE FROM alias WHERE target = ?", name);
    return std::monostate();
}

const std::string select_account =
    "SELECT id, name, quota_octets, used_octets, messages, created_at, quota_messages, uid_only, suspended"
    " FROM account ";

Account account_of(const engine::Statement& row) {
    auto [id, name, quota, used, messages, created_at, quota_messages, uid_only, suspended] =
        row.row<AccountId, std::string, std::optional<std::uint64_t>, std::uint64_t, std::uint64_t, std::int64_t,
                std::optional<std::uint64_t>, bool, bool>();
    return {.id = id,
            .name = std::move(name),
            .quota_octets = quota,
            .used_octets = used,
            .messages = messages,
            .created_at = created_at,
            .quota_messages = quota_messages,
            .uid_only = uid_only,
            .suspended = suspended};
}

Result<Account> account_by_name(Connection& connection, const std::string& given) {
    const std::string name = normal_or_as_given(given);
    auto found = connection.statement(select_account + "WHERE name = ?");
    if (!found.bind(name).step()) return no_such_account(name);
    return account_of(found);
}

}  // namespace

Operation<AccountId> add_account(std::string name, Credentials credentials, std::int64_t now) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<AccountId>> {
                return insert_account(batch, name, credentials, now);
            }};
}

Operation<std::monostate> remove_account(std::string name) {
    return {Durability::synced, [=](Batch& batch) -> Done { return delete_account(batch, name); }};
}

void put_new_password(Batch& batch, AccountId account, const Credentials& credentials) {
    put_credentials(batch.connection(), account, credentials);
    // Who knew the old password is out: what it did counts no more.
    batch.connection().run("DELETE FROM login_network WHERE account_id = ?", account);
    batch.change_account(account);
}

Operation<std::monostate> set_credentials(std::string name, Credentials credentials) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                const std::optional<AccountId> account = account_id(batch.connection(), normal_or_as_given(name));
                if (!account) return no_such_account(name);
                put_new_password(batch, *account, credentials);
                return std::monostate();
            }};
}

namespace {

Operation<std::monostate> change_quota(std::string name, std::string_view update, std::optional<std::uint64_t> most) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                const std::optional<AccountId> account = account_id(batch.connection(), normal_or_as_given(name));
                if (!account) return no_such_account(name);
                batch.flush();  // the cached counters include the quota
                batch.connection().run(update, most, *account);
                batch.change_account(*account);
                return std::monostate();
            }};
}

}  // namespace

Operation<std::monostate> set_quota(std::string name, std::optional<std::uint64_t> octets) {
    return change_quota(std::move(name), "UPDATE account SET quota_octets = ? WHERE id = ?", octets);
}

Operation<std::monostate> set_message_quota(std::string name, std::optional<std::uint64_t> messages) {
    return change_quota(std::move(name), "UPDATE account SET quota_messages = ? WHERE id = ?", messages);
}

namespace {

void raise_generation(Batch& batch, AccountId account) {
    batch.connection().run("UPDATE credential SET generation = generation + 1 WHERE account_id = ?", account);
    batch.change_account(account);  // its sessions notice
}

}  // namespace

Operation<std::monostate> suspend_account(std::string name, bool suspended) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                Connection& connection = batch.connection();
                const std::optional<AccountId> account = account_id(connection, normal_or_as_given(name));
                if (!account) return no_such_account(name);
                const auto changed = connection.run("UPDATE account SET suspended = ? WHERE id = ? AND suspended != ?",
                                                    suspended, *account, suspended);
                if (changed == 0)
                    return refuse(Reason::conflict, name + (suspended ? " is" : " is not") + " suspended");
                raise_generation(batch, *account);
                return std::monostate();
            }};
}

Operation<std::monostate> end_log_ins(std::string name) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                const std::optional<AccountId> account = account_id(batch.connection(), normal_or_as_given(name));
                if (!account) return no_such_account(name);
                raise_generation(batch, *account);
                return std::monostate();
            }};
}

Operation<std::monostate> offer_uid_only(std::string name, bool offered) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                const std::optional<AccountId> account = account_id(batch.connection(), normal_or_as_given(name));
                if (!account) return no_such_account(name);
                batch.connection().run("UPDATE account SET uid_only = ? WHERE id = ?", offered, *account);
                return std::monostate();
            }};
}

Operation<std::monostate> withdraw_uid_only(AccountId account) {
    return {Durability::synced, [=](Batch& batch) -> Done {
                batch.connection().run("UPDATE account SET uid_only = 0 WHERE id = ?", account);
                return std::monostate();
            }};
}

bool fits_quota(const Account& account, std::uint64_t octets, std::uint64_t messages) {
    const auto fits = [](std::uint64_t used, std::uint64_t more, const std::optional<std::uint64_t>& most) {
        return !most || more == 0 || (used <= *most && more <= *most - used);
    };
    return fits(account.used_octets, octets, account.quota_octets) &&
           fits(account.messages, messages, account.quota_messages);
}

Query<std::vector<Account>> list_accounts() {
    return [](Snapshot& snapshot) -> Result<std::vector<Account>> {
        Connection& connection = engine::connection_of(snapshot);

        std::vector<Account> accounts;
        auto rows = connection.statement(select_account + "ORDER BY name");
        while (rows.step()) accounts.push_back(account_of(rows));
        return accounts;
    };
}

Query<Account> oldest_account() {
    return [](Snapshot& snapshot) -> Result<Account> {
        Connection& connection = engine::connection_of(snapshot);

        auto found = connection.statement(select_account + "ORDER BY id LIMIT 1");
        if (!found.step()) return refuse(Reason::no_such_account, "there is no account yet");
        return account_of(found);
    };
}

Query<Account> find_account(std::string name) {
    return [=](Snapshot& snapshot) {
        Connection& connection = engine::connection_of(snapshot);
        return account_by_name(connection, name);
    };
}

Query<Account> get_account(AccountId id) {
    return [=](Snapshot& snapshot) -> Result<Account> {
        Connection& connection = engine::connection_of(snapshot);

        auto found = connection.statement(select_account + "WHERE id = ?");
        if (!found.bind(id).step()) return no_such_account("number " + std::to_string(id.value));
        return account_of(found);
    };
}

Query<AccountCredentials> find_credentials(std::string name) {
    return [=](Snapshot& snapshot) -> Result<AccountCredentials> {
        Connection& connection = engine::connection_of(snapshot);

        Result<Account> account = account_by_name(connection, name);
        if (!account) return std::unexpected(account.error());
        auto found = connection.statement(
            "SELECT argon2id, scram_salt, scram_iterations, scram_stored_key, scram_server_key, generation"
            " FROM credential WHERE account_id = ?");
        if (!found.bind(account->id).step()) return no_such_account(account->name);
        auto [argon2id, salt, iterations, stored_key, server_key, generation] =
            found.row<std::string, std::string, std::uint32_t, std::string, std::string, std::int64_t>();
        return AccountCredentials{.account = *std::move(account),
                                  .credentials = {.argon2id = std::move(argon2id),
                                                  .scram_sha_256 = {.salt = std::move(salt),
                                                                    .iterations = iterations,
                                                                    .stored_key = std::move(stored_key),
                                                                    .server_key = std::move(server_key)}},
                                  .generation = generation};
    };
}

Operation<bool> renew_credentials(AccountId account, std::string argon2id, Credentials credentials) {
    auto run = [=](Batch& batch) -> std::optional<Result<bool>> {
        const ScramKeys& scram = credentials.scram_sha_256;
        const auto renewed = batch.connection().run(
            "UPDATE credential SET argon2id = ?, scram_salt = ?, scram_iterations = ?, scram_stored_key = ?,"
            " scram_server_key = ? WHERE account_id = ? AND argon2id = ?",
            credentials.argon2id, engine::Octets{scram.salt}, scram.iterations, engine::Octets{scram.stored_key},
            engine::Octets{scram.server_key}, account, argon2id);
        return renewed != 0;
    };
    return {Durability::synced, std::move(run)};
}

namespace {

// "$argon2id$v=19$m=19456,t=2,p=1$": all that comes before the salt; empty if it is no encoded hash.
std::string_view argon2_parameters_of(std::string_view encoded) {
    std::size_t end = 0;
    for (int parts = 0; parts < 4; ++parts) {
        end = encoded.find('$', end);
        if (end == std::string_view::npos) return {};
        ++end;
    }
    return encoded.substr(0, end);
}

}  // namespace

Query<std::vector<CredentialCost>> credential_costs() {
    return [](Snapshot& snapshot) -> Result<std::vector<CredentialCost>> {
        std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> counted;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT argon2id, scram_iterations FROM credential ORDER BY account_id");
        while (rows.step()) {
            auto [encoded, iterations] = rows.row<std::string, std::uint32_t>();
            const std::string_view parameters = argon2_parameters_of(encoded);
            if (!parameters.empty()) ++counted[{std::string(parameters), iterations}];
        }
        std::vector<CredentialCost> costs;
        for (const auto& [cost, accounts] : counted) costs.push_back({cost.first, cost.second, accounts});
        return costs;
    };
}

Query<std::vector<AccountGeneration>> credential_generations(std::vector<AccountId> accounts) {
    return [=](Snapshot& snapshot) -> Result<std::vector<AccountGeneration>> {
        Connection& connection = engine::connection_of(snapshot);
        std::vector<AccountGeneration> generations;
        for (const AccountId account : accounts) {
            auto found = connection.statement("SELECT generation FROM credential WHERE account_id = ?");
            if (found.bind(account).step()) generations.push_back({account, found.integer(0)});
        }
        return generations;
    };
}

}  // namespace storage
