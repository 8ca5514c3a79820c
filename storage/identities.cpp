// Rows of identities; one that is removed stays as a mark for clients that knew it, the newest of an account.
#include "storage/identities.h"

#include <optional>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t remembered_identities = 100;

std::unexpected<Refusal> no_such_identity() { return refuse(Reason::conflict, "there is no such identity"); }
std::unexpected<Refusal> no_account() { return refuse(Reason::no_such_account, "the account is gone"); }

// The row of an identity; of the own address's that which says so.
std::optional<std::int64_t> row_of_identity(Connection& connection, AccountId account, IdentityId id) {
    auto found = connection.statement(
        "SELECT id FROM identity WHERE account_id = ? AND removed_modseq = 0"
        " AND CASE WHEN ? = 0 THEN own = 1 ELSE own = 0 AND id = ? END");
    if (!found.bind(account, id, id).step()) return std::nullopt;
    return found.column<std::int64_t>(0);
}

std::int64_t insert_identity(Connection& connection, AccountId account, const SenderIdentity& identity, bool own,
                             ModSeq created, ModSeq changed) {
    auto made = connection.statement(
        "INSERT INTO identity (account_id, own, email, name, reply_to, bcc, text_signature, html_signature,"
        " created_modseq, changed_modseq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
    made.bind(account, own, identity.email, identity.name, identity.reply_to, identity.bcc, identity.text_signature,
              identity.html_signature, created, changed)
        .step();
    return made.column<std::int64_t>(0);
}

SenderIdentity identity_of(const engine::Statement& row) {
    return {.id = row.column<bool>(1) ? IdentityId{} : row.column<IdentityId>(0),
            .email = row.column<std::string>(2),
            .name = row.column<std::string>(3),
            .reply_to = row.column<std::string>(4),
            .bcc = row.column<std::string>(5),
            .text_signature = row.column<std::string>(6),
            .html_signature = row.column<std::string>(7),
            .created_modseq = row.column<ModSeq>(8),
            .changed_modseq = row.column<ModSeq>(9)};
}

void read_removed(Connection& connection, AccountId account, SenderIdentities& all) {
    auto rows = connection.statement(
        "SELECT id, created_modseq, removed_modseq FROM identity WHERE account_id = ? AND removed_modseq > 0"
        " ORDER BY removed_modseq, id");
    rows.bind(account);
    while (rows.step()) {
        all.removed.push_back({.id = rows.column<IdentityId>(0),
                               .created_modseq = rows.column<ModSeq>(1),
                               .removed_modseq = rows.column<ModSeq>(2)});
    }
    if (all.removed.size() >= remembered_identities) all.complete_from = all.removed.front().removed_modseq;
}

Result<IdentityId> add(Batch& batch, AccountId account, const SenderIdentity& identity, std::size_t most) {
    Connection& connection = batch.connection();
    if (batch.account(account) == nullptr) return no_account();
    auto count = connection.statement("SELECT count(*) FROM identity WHERE account_id = ? AND removed_modseq = 0");
    count.bind(account).step();
    if (count.column<std::size_t>(0) >= most) return refuse(Reason::too_many, "the account has too many identities");
    count.reset();
    const ModSeq modseq = batch.change_account(account);
    return IdentityId{insert_identity(connection, account, identity, false, modseq, modseq)};
}

Result<std::monostate> change_texts(Batch& batch, AccountId account, const SenderIdentity& identity) {
    Connection& connection = batch.connection();
    if (batch.account(account) == nullptr) return no_account();
    const std::optional<std::int64_t> row = row_of_identity(connection, account, identity.id);
    if (!row && identity.id != IdentityId{}) return no_such_identity();
    const ModSeq modseq = batch.change_account(account);
    if (!row) {
        insert_identity(connection, account, identity, true, ModSeq{}, modseq);
        return std::monostate();
    }
    connection.run(
        "UPDATE identity SET name = ?, reply_to = ?, bcc = ?, text_signature = ?, html_signature = ?,"
        " changed_modseq = ? WHERE id = ?",
        identity.name, identity.reply_to, identity.bcc, identity.text_signature, identity.html_signature, modseq, *row);
    return std::monostate();
}

Result<std::monostate> remove_row(Batch& batch, AccountId account, IdentityId id) {
    Connection& connection = batch.connection();
    if (batch.account(account) == nullptr) return no_account();
    if (id == IdentityId{}) return refuse(Reason::not_permitted, "the account's own address stays");
    const std::optional<std::int64_t> row = row_of_identity(connection, account, id);
    if (!row) return no_such_identity();
    connection.run(
        "UPDATE identity SET removed_modseq = ?, email = '', name = '', reply_to = '', bcc = '', text_signature = '',"
        " html_signature = '' WHERE id = ?",
        batch.change_account(account), *row);
    connection.run(
        "DELETE FROM identity WHERE account_id = ?1 AND removed_modseq > 0 AND removed_modseq <"
        " (SELECT removed_modseq FROM identity WHERE account_id = ?1 AND removed_modseq > 0"
        "   ORDER BY removed_modseq DESC LIMIT 1 OFFSET ?2)",
        account, remembered_identities - 1);
    return std::monostate();
}

}  // namespace

Query<SenderIdentities> list_identities(AccountId account) {
    return [account](Snapshot& snapshot) -> Result<SenderIdentities> {
        Connection& connection = engine::connection_of(snapshot);
        auto owner = connection.statement("SELECT name FROM account WHERE id = ?");
        if (!owner.bind(account).step()) return no_account();
        SenderIdentities all;
        all.identities.push_back({.email = owner.column<std::string>(0)});
        auto rows = connection.statement(
            "SELECT id, own, email, name, reply_to, bcc, text_signature, html_signature, created_modseq,"
            " changed_modseq FROM identity WHERE account_id = ? AND removed_modseq = 0 ORDER BY own DESC, id");
        rows.bind(account);
        while (rows.step()) {
            SenderIdentity identity = identity_of(rows);
            if (identity.id == IdentityId{}) {
                identity.email = all.identities.front().email;
                all.identities.front() = std::move(identity);
            } else {
                all.identities.push_back(std::move(identity));
            }
        }
        read_removed(connection, account, all);
        return all;
    };
}

Operation<IdentityId> add_identity(AccountId account, SenderIdentity identity, std::size_t most) {
    return {Durability::synced, [account, identity = std::move(identity), most](Batch& batch) {
                return std::optional(add(batch, account, identity, most));
            }};
}

Operation<std::monostate> change_identity(AccountId account, SenderIdentity identity) {
    return {Durability::synced, [account, identity = std::move(identity)](Batch& batch) {
                return std::optional(change_texts(batch, account, identity));
            }};
}

Operation<std::monostate> remove_identity(AccountId account, IdentityId id) {
    return {Durability::synced, [account, id](Batch& batch) { return std::optional(remove_row(batch, account, id)); }};
}

}  // namespace storage
