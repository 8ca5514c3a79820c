// Subscriptions after RENAME (RFC 9051 §6.3.6, §6.3.7). Subscriptions to names without a mailbox stay unchanged.
#include "storage/subscriptions.h"

#include <utility>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/normal_names.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

void insert_subscription(Connection& connection, AccountId account, const std::string& name) {
    connection.run(
        "INSERT INTO subscription (account_id, name) VALUES (?, ?) ON CONFLICT (account_id, name) DO NOTHING", account,
        name);
}

bool move_subscription(Connection& connection, AccountId account, const std::string& from, const std::string& to) {
    const std::int64_t removed =
        connection.run("DELETE FROM subscription WHERE account_id = ? AND name = ?", account, from);
    if (removed == 0) return false;
    insert_subscription(connection, account, to);
    return true;
}

struct Subscribed {
    AccountId account;
    std::string mailbox;  // as its owner names it
};

// Others' subscriptions to this owner's mailboxes. Scans all subscriptions, since they are stored by account.
std::vector<Subscribed> subscriptions_of_others(Connection& connection, const std::string& owner_name) {
    std::vector<Subscribed> found;
    const std::string above = other_users_name(owner_name, "");
    std::string behind = above;
    behind.back() = '0';  // what follows '/'
    auto rows = connection.statement(
        "SELECT account_id, name FROM subscription WHERE name > ? AND name < ? ORDER BY account_id, name");
    rows.bind(above, behind);
    while (rows.step()) {
        const auto name = rows.column<std::string>(1);
        found.push_back({.account = rows.column<AccountId>(0), .mailbox = name.substr(above.size())});
    }
    return found;
}

void follow_as_others(Batch& batch, AccountId owner, const NewNames& names) {
    Connection& connection = batch.connection();
    std::string owner_name;
    {
        auto found = connection.statement("SELECT name FROM account WHERE id = ?");
        if (!found.bind(owner).step()) return;
        owner_name = found.column<std::string>(0);
    }
    AccountId told;
    for (const Subscribed& one : subscriptions_of_others(connection, owner_name)) {
        const auto renamed = names.find(one.mailbox);
        if (renamed == names.end()) continue;
        move_subscription(connection, one.account, other_users_name(owner_name, renamed->first),
                          other_users_name(owner_name, renamed->second));
        if (std::exchange(told, one.account) != one.account) batch.change_account(one.account);
    }
}

}  // namespace

void follow_rename(Batch& batch, AccountId owner, const NewNames& names, bool shared) {
    for (const auto& [from, to] : names) move_subscription(batch.connection(), owner, from, to);
    if (shared) follow_as_others(batch, owner, names);
}

void subscribe_like_inbox(Batch& batch, AccountId account, const std::string& name) {
    Connection& connection = batch.connection();
    auto found = connection.statement("SELECT 1 FROM subscription WHERE account_id = ? AND name = 'INBOX'");
    const bool subscribed = found.bind(account).step();
    found.reset();
    if (subscribed) insert_subscription(connection, account, name);
}

}  // namespace storage
