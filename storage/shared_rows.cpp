// Look-ups by name; inserting and dropping mailbox rows.
#include "storage/shared_rows.h"

#include <algorithm>
#include <utility>

#include "storage/engine/statement.h"
#include "storage/hidden_messages.h"

namespace storage {

namespace {

// The id in the statement's one row, if it has one.
template <class Id>
std::optional<Id> id_of(engine::Statement& found) {
    if (!found.step()) return std::nullopt;
    return found.column<Id>(0);
}

}  // namespace

std::optional<AccountId> account_id(engine::Connection& connection, std::string_view name) {
    auto found = connection.statement("SELECT id FROM account WHERE name = ?");
    return id_of<AccountId>(found.bind(name));
}

std::optional<MailboxId> mailbox_id(engine::Connection& connection, AccountId account, std::string_view name) {
    auto found = connection.statement("SELECT id FROM mailbox WHERE account_id = ? AND name = ?");
    return id_of<MailboxId>(found.bind(account, name));
}

bool domain_is_ours(engine::Connection& connection, std::string_view domain) {
    auto found = connection.statement("SELECT 1 FROM domain WHERE name = ?");
    return found.bind(domain).step();
}

bool alias_exists(engine::Connection& connection, std::string_view name) {
    auto found = connection.statement("SELECT 1 FROM alias WHERE name = ? LIMIT 1");
    return found.bind(name).step();
}

Mailbox insert_mailbox(engine::Batch& batch, AccountId account, std::string name, SpecialUse use, ModSeq modseq) {
    engine::Connection& connection = batch.connection();
    auto taken = connection.statement(
        "UPDATE account SET next_uid_validity = next_uid_validity + 1 WHERE id = ? RETURNING next_uid_validity - 1");
    taken.bind(account).step();
    Mailbox mailbox{.id = {},
                    .account = account,
                    .name = std::move(name),
                    .uid_validity = taken.column<std::uint32_t>(0),
                    .uid_next = {1},
                    .highest_modseq = modseq,
                    .recent_from = {1},
                    .special_use = use,
                    .created_modseq = modseq,
                    .changed_modseq = modseq};
    taken.reset();
    auto made = connection.statement(
        "INSERT INTO mailbox (account_id, name, uid_validity, highest_modseq, special_use, created_modseq,"
        " changed_modseq) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id");
    made.bind(account, mailbox.name, mailbox.uid_validity, modseq, use, modseq, modseq).step();
    mailbox.id = made.column<MailboxId>(0);
    return mailbox;
}

void drop_mailbox(engine::Batch& batch, MailboxId mailbox) {
    const engine::MailboxCounters* counters = batch.mailbox(mailbox);
    if (counters == nullptr) return;
    if (engine::AccountCounters* account = batch.account(counters->account)) {
        account->used_octets -= std::min(account->used_octets, counters->size_octets);
        account->messages -= std::min<std::uint64_t>(account->messages, counters->messages);
    }
    const AccountId account = counters->account;
    const std::uint32_t messages = counters->messages;
    const ModSeq modseq = batch.account(account) ? batch.account(account)->highest_modseq : ModSeq();
    batch.flush();
    engine::Connection& connection = batch.connection();
    hide_mailbox(connection, account, mailbox, messages, modseq);
    connection.run("DELETE FROM maildrop_lock WHERE mailbox_id = ?", mailbox);
    connection.run("DELETE FROM pop3_mark WHERE mailbox_id = ?", mailbox);
    connection.run("DELETE FROM unfinished_copy WHERE mailbox_id = ?", mailbox);
    connection.run("DELETE FROM mailbox_right WHERE mailbox_id = ?", mailbox);
    connection.run("DELETE FROM metadata WHERE mailbox_id = ?", mailbox);
    connection.run("DELETE FROM mailbox WHERE id = ?", mailbox);
    connection.run("INSERT INTO dropped_mailbox (mailbox_id) VALUES (?)", mailbox);
}

}  // namespace storage
