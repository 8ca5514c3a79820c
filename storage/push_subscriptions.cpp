// One row for each. One of a log-in that has ended stays until its time is over, and says nothing.
#include "storage/push_subscriptions.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Types = std::optional<std::vector<std::string>>;

// Separated by spaces; NULL: all.
std::optional<std::string> text_of(const Types& types) {
    if (!types) return std::nullopt;
    std::string text;
    for (const std::string& type : *types) text += (text.empty() ? "" : " ") + type;
    return text;
}

Types parse_types(const std::optional<std::string>& given) {
    if (!given) return std::nullopt;
    std::vector<std::string> types;
    for (std::string_view text = *given; !text.empty();) {
        const std::size_t end = std::min(text.find(' '), text.size());
        types.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return types;
}

PushSubscription subscription_of(const engine::Statement& row, AccountId account) {
    auto [id, generation, device, url, p256dh, auth, code, verified, expires_at, types, app_password] =
        row.row<std::string, std::int64_t, std::string, std::string, std::string, std::string, std::string, bool,
                std::int64_t, std::optional<std::string>, AppPasswordId>();
    return {.id = std::move(id),
            .log_in = {.account = account, .generation = generation, .app_password = app_password},
            .device = std::move(device),
            .url = std::move(url),
            .p256dh = std::move(p256dh),
            .auth = std::move(auth),
            .verification_code = std::move(code),
            .verified = verified,
            .expires_at = expires_at,
            .types = parse_types(types)};
}

// What watches pushes looks again.
void announce(Batch& batch, AccountId account) { batch.changed(account, {}, {}); }

}  // namespace

Query<std::vector<PushSubscription>> list_push_subscriptions(AccountId account, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::vector<PushSubscription>> {
        std::vector<PushSubscription> found;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT id, p.generation, device, url, p256dh, auth, verification_code, verified, expires_at, types, "
            "app_password "
            "FROM push_subscription AS p JOIN credential AS c ON c.account_id = p.account_id AND c.generation = "
            "p.generation WHERE p.account_id = ? AND expires_at > ? AND (app_password = 0 OR EXISTS (SELECT 1 FROM "
            "app_password AS a WHERE a.id = p.app_password AND a.account_id = p.account_id AND (a.expires_at IS NULL "
            "OR "
            "a.expires_at > ?))) ORDER BY id");
        rows.bind(account, now, now);
        while (rows.step()) found.push_back(subscription_of(rows, account));
        return found;
    };
}

Query<std::vector<AccountId>> accounts_with_push() {
    return [](Snapshot& snapshot) -> Result<std::vector<AccountId>> {
        std::vector<AccountId> accounts;
        auto rows = engine::connection_of(snapshot).statement("SELECT DISTINCT account_id FROM push_subscription");
        while (rows.step()) accounts.push_back(rows.column<AccountId>(0));
        return accounts;
    };
}

Operation<std::monostate> add_push_subscription(PushSubscription added, std::size_t most, std::int64_t now) {
    const AccountId account = added.log_in.account;
    auto run = [=](Batch& batch) -> std::optional<Result<std::monostate>> {
        Connection& connection = batch.connection();
        connection.run("DELETE FROM push_subscription WHERE expires_at <= ?", now);
        connection.run("DELETE FROM push_subscription WHERE account_id = ? AND generation != ?", account,
                       added.log_in.generation);
        auto count = connection.statement("SELECT count(*) FROM push_subscription WHERE account_id = ?");
        if (count.bind(account).step() && static_cast<std::size_t>(count.integer(0)) >= most) {
            return refuse(Reason::too_many, "the account has " + std::to_string(most) + " push subscriptions already");
        }
        connection.run(
            "INSERT INTO push_subscription (account_id, id, generation, device, url, p256dh, auth, verification_code, "
            "verified, expires_at, types, app_password) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            account, added.id, added.log_in.generation, added.device, added.url, engine::Octets{added.p256dh},
            engine::Octets{added.auth}, added.verification_code, added.verified, added.expires_at, text_of(added.types),
            added.log_in.app_password);
        announce(batch, account);
        return std::monostate();
    };
    return {Durability::synced, std::move(run)};
}

Operation<bool> update_push_subscription(AccountId account, std::string id, PushUpdate update) {
    auto run = [=](Batch& batch) -> std::optional<Result<bool>> {
        Connection& connection = batch.connection();
        if (connection.run("UPDATE push_subscription SET expires_at = coalesce(?, expires_at), verified = CASE WHEN ? "
                           "THEN 1 ELSE verified END WHERE account_id = ? AND id = ?",
                           update.expires_at, update.verified, account, id) == 0) {
            return false;
        }
        if (update.types) {
            connection.run("UPDATE push_subscription SET types = ? WHERE account_id = ? AND id = ?",
                           text_of(*update.types), account, id);
        }
        announce(batch, account);
        return true;
    };
    return {Durability::synced, std::move(run)};
}

Operation<bool> remove_push_subscription(AccountId account, std::string id) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<bool>> {
                const auto gone = batch.connection().run(
                    "DELETE FROM push_subscription WHERE account_id = ? AND id = ?", account, id);
                if (gone != 0) announce(batch, account);
                return gone != 0;
            }};
}

Query<std::optional<std::string>> find_push_key() {
    return [](Snapshot& snapshot) -> Result<std::optional<std::string>> {
        auto row = engine::connection_of(snapshot).statement("SELECT key_pem FROM push_key WHERE id = 1");
        if (!row.step()) return std::nullopt;
        return row.column<std::string>(0);
    };
}

Operation<std::string> keep_push_key(std::string fresh) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::string>> {
                Connection& connection = batch.connection();
                connection.run("INSERT INTO push_key (id, key_pem) VALUES (1, ?) ON CONFLICT (id) DO NOTHING", fresh);
                auto row = connection.statement("SELECT key_pem FROM push_key WHERE id = 1");
                row.step();
                return row.column<std::string>(0);
            }};
}

Query<PushFacts> push_facts(AccountId account) {
    return [=](Snapshot& snapshot) -> Result<PushFacts> {
        Connection& connection = engine::connection_of(snapshot);
        auto row = connection.statement(
            "SELECT highest_modseq, (SELECT coalesce(sum(uid_next - 1), 0) FROM mailbox WHERE account_id = account.id "
            "AND "
            "special_use = 0) FROM account WHERE id = ?");
        if (!row.bind(account).step()) return refuse(Reason::no_such_account, "the account is gone");
        return PushFacts{.modseq = row.column<ModSeq>(0), .arrivals = row.column<std::uint64_t>(1)};
    };
}

}  // namespace storage
