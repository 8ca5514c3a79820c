// Mailboxes: list, create, delete, rename, subscribe (RFC 9051 §6.3). Messages in them are messages.cpp's.
// Every mailbox's superiors exist, all can be selected, and only a mailbox without inferiors is deleted.
#include "storage/mailboxes.h"

#include <algorithm>
#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/lookup.h"
#include "storage/names.h"
#include "storage/rename_inbox.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

const std::string select_mailbox =
    "SELECT id, account_id, name, uid_validity, uid_next, highest_modseq, recent_from, special_use, messages, unseen,"
    " deleted, size_octets, deleted_octets, EXISTS (SELECT 1 FROM subscription"
    "   WHERE subscription.account_id = mailbox.account_id AND subscription.name = mailbox.name)"
    " FROM mailbox ";

Mailbox mailbox_of(const engine::Statement& row) {
    return {.id = row.column<MailboxId>(0),
            .account = row.column<AccountId>(1),
            .name = row.column<std::string>(2),
            .uid_validity = row.column<std::uint32_t>(3),
            .uid_next = row.column<Uid>(4),
            .highest_modseq = row.column<ModSeq>(5),
            .recent_from = row.column<Uid>(6),
            .special_use = row.column<SpecialUse>(7),
            .subscribed = row.column<bool>(13),
            .messages = row.column<std::uint32_t>(8),
            .unseen = row.column<std::uint32_t>(9),
            .deleted = row.column<std::uint32_t>(10),
            .size_octets = row.column<std::uint64_t>(11),
            .deleted_octets = row.column<std::uint64_t>(12)};
}

std::unexpected<Refusal> no_such_mailbox(const std::string& name) {
    return refuse(Reason::no_such_mailbox, "no such mailbox: " + name);
}

// INBOX, then by name.
bool comes_before(const std::string& a, const std::string& b) {
    return std::pair(a != "INBOX", a) < std::pair(b != "INBOX", b);
}

// "a/b/" announces that inferiors will follow (RFC 9051 §6.3.4); here every mailbox can have them.
std::string wanted_name(std::string_view name) {
    if (name.size() > 1 && name.ends_with(hierarchy_delimiter)) name.remove_suffix(1);
    return normal_mailbox_name(name);
}

// The names of those superiors of a mailbox that do not exist yet, outermost first.
std::vector<std::string> missing_superiors(Connection& connection, AccountId account, const std::string& name) {
    std::vector<std::string> missing;
    for (std::size_t end = name.rfind(hierarchy_delimiter); end != std::string::npos;
         end = name.substr(0, end).rfind(hierarchy_delimiter)) {
        const std::string superior = name.substr(0, end);
        if (mailbox_id(connection, account, superior)) break;
        missing.insert(missing.begin(), superior);
    }
    return missing;
}

bool has_room(Batch& batch, AccountId account, std::size_t wanted) {
    auto count = batch.connection().statement("SELECT count(*) FROM mailbox WHERE account_id = ?");
    count.bind(account).step();
    return count.column<std::size_t>(0) + wanted <= batch.options().mailboxes_per_account;
}

// A name that is free, and the superiors that it still needs, before anything is written.
Result<std::vector<std::string>> prepare_name(Batch& batch, AccountId account, const std::string& name,
                                              std::size_t others) {
    if (!is_valid_mailbox_name(name)) return refuse(Reason::invalid_name, "a mailbox cannot have that name");
    if (batch.account(account) == nullptr) return refuse(Reason::no_such_account, "the account is gone");
    if (mailbox_id(batch.connection(), account, name)) {
        return refuse(Reason::already_exists, "mailbox exists: " + name);
    }
    std::vector<std::string> superiors = missing_superiors(batch.connection(), account, name);
    if (!has_room(batch, account, superiors.size() + others)) {
        return refuse(Reason::too_many, "the account has too many mailboxes");
    }
    return superiors;
}

bool use_is_taken(Connection& connection, AccountId account, SpecialUse use) {
    auto found = connection.statement("SELECT 1 FROM mailbox WHERE account_id = ? AND special_use = ? LIMIT 1");
    return use != SpecialUse::none && found.bind(account, use).step();
}

Result<Mailbox> create(Batch& batch, AccountId account, const std::string& name, SpecialUse use) {
    const Result<std::vector<std::string>> superiors = prepare_name(batch, account, name, 1);
    if (!superiors) return std::unexpected(superiors.error());
    if (use_is_taken(batch.connection(), account, use)) {
        return refuse(Reason::conflict, "another mailbox has that special use");
    }
    const ModSeq modseq = batch.change_account(account);
    for (const std::string& superior : *superiors) {
        insert_mailbox(batch, account, superior, SpecialUse::none, modseq);
    }
    Mailbox mailbox = insert_mailbox(batch, account, name, use, modseq);
    auto subscribed = batch.connection().statement("SELECT 1 FROM subscription WHERE account_id = ? AND name = ?");
    mailbox.subscribed = subscribed.bind(account, name).step();
    return mailbox;
}

// RENAME of INBOX leaves its metadata and gives them to the new mailbox too (RFC 5464 §4.1).
void copy_inbox_metadata(Connection& connection, AccountId account, MailboxId to) {
    const std::optional<MailboxId> inbox = mailbox_id(connection, account, "INBOX");
    if (!inbox) return;
    connection.run(
        "INSERT INTO metadata (account_id, mailbox_id, entry, value)"
        " SELECT account_id, ?, entry, value FROM metadata WHERE mailbox_id = ? ORDER BY account_id, entry",
        to, *inbox);
}

// A mailbox and its inferiors. '0' is what follows '/': a range that the index serves.
struct Named {
    MailboxId id;
    std::string name;
};
std::vector<Named> subtree(Connection& connection, AccountId account, const std::string& name) {
    std::vector<Named> found;
    auto rows = connection.statement(
        "SELECT id, name FROM mailbox WHERE account_id = ? AND (name = ? OR (name > ? AND name < ?)) ORDER BY name");
    rows.bind(account, name, name + "/", name + "0");
    while (rows.step()) found.push_back({.id = rows.column<MailboxId>(0), .name = rows.column<std::string>(1)});
    return found;
}

Result<std::monostate> remove(Batch& batch, AccountId account, const std::string& name) {
    if (name == "INBOX") return refuse(Reason::not_permitted, "INBOX cannot be deleted");
    const std::vector<Named> mailboxes = subtree(batch.connection(), account, name);
    if (mailboxes.empty() || mailboxes.front().name != name) return no_such_mailbox(name);
    if (mailboxes.size() > 1) return refuse(Reason::has_children, "the mailbox has inferiors: " + name);
    const MailboxId mailbox = mailboxes.front().id;
    const ModSeq modseq = batch.change_account(account);
    batch.changed(account, mailbox, modseq);  // who has it selected looks, and finds it gone
    drop_mailbox(batch, mailbox);
    return std::monostate();
}

// Thunderbird deletes a mailbox by renaming it into the trash: what lies there is nobody's Sent or Drafts any more.
bool lies_in_trash(Connection& connection, AccountId account, const std::string& name) {
    auto trash = connection.statement("SELECT name FROM mailbox WHERE account_id = ? AND special_use = ?");
    trash.bind(account, SpecialUse::trash);
    return trash.step() && name.starts_with(trash.column<std::string>(0) + hierarchy_delimiter);
}

Result<std::monostate> rename(Batch& batch, AccountId account, const std::string& from, const std::string& to) {
    Connection& connection = batch.connection();
    const std::vector<Named> mailboxes = subtree(connection, account, from);
    if (mailboxes.empty() || mailboxes.front().name != from) return no_such_mailbox(from);
    if (to.starts_with(from + hierarchy_delimiter)) {
        return refuse(Reason::invalid_name, "a mailbox cannot be renamed into itself");
    }
    const Result<std::vector<std::string>> superiors = prepare_name(batch, account, to, 0);
    if (!superiors) return std::unexpected(superiors.error());
    for (const Named& mailbox : mailboxes) {
        if (!is_valid_mailbox_name(to + mailbox.name.substr(from.size()))) {
            return refuse(Reason::invalid_name, "an inferior's name would become too long");
        }
    }
    const ModSeq modseq = batch.change_account(account);
    for (const std::string& superior : *superiors) {
        insert_mailbox(batch, account, superior, SpecialUse::none, modseq);
    }
    const bool trashed = lies_in_trash(connection, account, to);
    for (const Named& mailbox : mailboxes) {
        connection.run("UPDATE mailbox SET name = ? WHERE id = ?", to + mailbox.name.substr(from.size()), mailbox.id);
        if (trashed) connection.run("UPDATE mailbox SET special_use = 0 WHERE id = ?", mailbox.id);
    }
    return std::monostate();
}

Result<std::monostate> subscribe(Batch& batch, AccountId account, const std::string& name, bool subscribed) {
    Connection& connection = batch.connection();
    if (batch.account(account) == nullptr) return refuse(Reason::no_such_account, "the account is gone");
    if (!subscribed) {
        const auto removed =
            connection.run("DELETE FROM subscription WHERE account_id = ? AND name = ?", account, name);
        if (removed != 0) batch.change_account(account);
        return std::monostate();
    }
    if (!is_valid_mailbox_name(name)) return refuse(Reason::invalid_name, "a mailbox cannot have that name");
    auto count = connection.statement("SELECT count(*) FROM subscription WHERE account_id = ?");
    count.bind(account).step();
    if (count.column<std::size_t>(0) >= batch.options().mailboxes_per_account) {
        return refuse(Reason::too_many, "the account has too many subscriptions");
    }
    const auto added =
        connection.run("INSERT OR IGNORE INTO subscription (account_id, name) VALUES (?, ?)", account, name);
    if (added != 0) batch.change_account(account);
    return std::monostate();
}

Result<RecentRange> move_recent_mark(Batch& batch, MailboxId id) {
    auto found = batch.connection().statement("SELECT recent_from FROM mailbox WHERE id = ?");
    if (!found.bind(id).step()) return refuse(Reason::no_such_mailbox, "the mailbox is gone");
    const Uid recent_from = found.column<Uid>(0);
    const Uid uid_next = batch.mailbox(id)->uid_next;
    if (recent_from != uid_next) {
        batch.connection().run("UPDATE mailbox SET recent_from = ? WHERE id = ?", uid_next, id);
    }
    return RecentRange{recent_from, uid_next};
}

}  // namespace

Query<std::vector<Mailbox>> list_mailboxes(AccountId account) {
    return [=](Connection& connection) -> Result<std::vector<Mailbox>> {
        std::vector<Mailbox> mailboxes;
        auto rows = connection.statement(select_mailbox + "WHERE account_id = ? ORDER BY name = 'INBOX' DESC, name");
        rows.bind(account);
        while (rows.step()) mailboxes.push_back(mailbox_of(rows));
        return mailboxes;
    };
}

Query<std::vector<std::string>> list_subscriptions(AccountId account) {
    return [=](Connection& connection) -> Result<std::vector<std::string>> {
        std::vector<std::string> names;
        auto rows = connection.statement("SELECT name FROM subscription WHERE account_id = ? ORDER BY name");
        rows.bind(account);
        while (rows.step()) names.push_back(rows.column<std::string>(0));
        std::ranges::sort(names, comes_before);
        return names;
    };
}

Query<Mailbox> find_mailbox(AccountId account, std::string name) {
    return [account, name = normal_mailbox_name(name)](Connection& connection) -> Result<Mailbox> {
        auto found = connection.statement(select_mailbox + "WHERE account_id = ? AND name = ?");
        if (!found.bind(account, name).step()) return no_such_mailbox(name);
        return mailbox_of(found);
    };
}

Query<Mailbox> get_mailbox(MailboxId id) {
    return [=](Connection& connection) -> Result<Mailbox> {
        auto found = connection.statement(select_mailbox + "WHERE id = ?");
        if (!found.bind(id).step()) return refuse(Reason::no_such_mailbox, "the mailbox is gone");
        return mailbox_of(found);
    };
}

Operation<Mailbox> create_mailbox(AccountId account, std::string name, SpecialUse use) {
    return {Durability::synced, [account, name = wanted_name(name), use](Batch& batch) {
                return std::optional(create(batch, account, name, use));
            }};
}

Operation<std::monostate> delete_mailbox(AccountId account, std::string name) {
    return {Durability::synced,
            [account, name = normal_mailbox_name(name)](Batch& batch) -> Done { return remove(batch, account, name); }};
}

Operation<std::monostate> rename_mailbox(AccountId account, std::string from, std::string to, std::int64_t now) {
    from = normal_mailbox_name(from);
    to = wanted_name(to);
    if (from == "INBOX") {
        // The new mailbox is made first; then the messages follow, slice by slice. A lost batch may take it back.
        return {Durability::synced,
                [account, to, now, move = std::optional<InboxMove>()](Batch& batch) mutable -> Done {
                    if (!move || !move->target_exists(batch)) {
                        const Result<Mailbox> made = create(batch, account, to, SpecialUse::none);
                        if (!made) return std::unexpected(made.error());
                        copy_inbox_metadata(batch.connection(), account, made->id);
                        move.emplace(batch, account, made->id, now);
                    }
                    if (!move->move_slice(batch)) return std::nullopt;
                    return std::monostate();
                }};
    }
    return {Durability::synced, [=](Batch& batch) -> Done { return rename(batch, account, from, to); }};
}

Operation<std::monostate> subscribe_mailbox(AccountId account, std::string name, bool subscribed) {
    return {Durability::prompt, [account, name = wanted_name(name), subscribed](Batch& batch) -> Done {
                return subscribe(batch, account, name, subscribed);
            }};
}

Operation<RecentRange> take_recent(MailboxId mailbox) {
    return {Durability::prompt, [=](Batch& batch) { return std::optional(move_recent_mark(batch, mailbox)); }};
}

}  // namespace storage
