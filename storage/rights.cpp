// Access control lists: reading and changing them. RFC 4314 §3. access.cpp computes the resulting rights.
#include "storage/rights.h"

#include <utility>

#include "storage/access.h"
#include "storage/engine/batch.h"
#include "storage/mailbox_changes.h"
#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

std::optional<AccountId> owner_of(Connection& connection, MailboxId mailbox) {
    auto found = connection.statement("SELECT account_id FROM mailbox WHERE id = ?");
    if (!found.bind(mailbox).step()) return std::nullopt;
    return found.column<AccountId>(0);
}

std::unexpected<Refusal> no_such_mailbox() { return refuse(Reason::no_such_mailbox, "the mailbox is gone"); }

// The account that an entry is for.
Result<AccountId> subject_of(Connection& connection, const RightsEntry& entry) {
    if (entry.identifier == anyone_name) return anyone;
    const std::optional<AccountId> account = account_id(connection, entry.identifier);
    if (!account) return refuse(Reason::no_such_account, "no such account: " + entry.identifier);
    return *account;
}

// The rights of an entry now; an owner without an entry has all.
Rights present_rights(Connection& connection, MailboxId mailbox, AccountId subject, bool negative, bool owner) {
    auto found = connection.statement(
        "SELECT rights FROM mailbox_right WHERE mailbox_id = ? AND account_id = ? AND negative = ?");
    if (found.bind(mailbox, subject, negative).step()) return found.column<Rights>(0);
    return owner && !negative ? right::all : Rights{0};
}

Rights edited(Rights before, Rights rights, RightsEdit edit) {
    if (edit == RightsEdit::add) return before | rights;
    if (edit == RightsEdit::remove) return static_cast<Rights>(before & ~rights);
    return rights;
}

void remove_entry(Connection& connection, MailboxId mailbox, AccountId subject, bool negative) {
    connection.run("DELETE FROM mailbox_right WHERE mailbox_id = ? AND account_id = ? AND negative = ?", mailbox,
                   subject, negative);
}

bool has_room(Connection& connection, MailboxId mailbox, std::size_t most) {
    auto count = connection.statement("SELECT count(*) FROM mailbox_right WHERE mailbox_id = ?");
    count.bind(mailbox).step();
    return count.column<std::size_t>(0) <= most;
}

// Notifies the sessions of the owner and of the entry's account; all sessions, if that is "anyone".
void give_notice(Batch& batch, MailboxId mailbox, AccountId owner, AccountId subject) {
    mark_changed(batch.connection(), mailbox, batch.change_account(owner));
    if (subject == anyone) {
        batch.changed(AccountId{}, MailboxId{}, ModSeq{});
    } else if (subject != owner && batch.account(subject) != nullptr) {
        batch.change_account(subject);
    }
}

struct Target {
    AccountId owner;
    AccountId subject;
};
Result<Target> find_target(Batch& batch, AccountId actor, MailboxId mailbox, const RightsEntry& entry) {
    Connection& connection = batch.connection();
    const std::optional<AccountId> owner = owner_of(connection, mailbox);
    if (!owner) return no_such_mailbox();
    Result<std::monostate> permitted = check_rights(connection, actor, *owner, mailbox, right::administer);
    if (!permitted) return std::unexpected(std::move(permitted.error()));
    Result<AccountId> subject = subject_of(connection, entry);
    if (!subject) return std::unexpected(std::move(subject.error()));
    return Target{.owner = *owner, .subject = *subject};
}

Result<std::monostate> change(Batch& batch, AccountId actor, MailboxId mailbox, const RightsEntry& entry,
                              RightsEdit edit, std::size_t most_entries) {
    Connection& connection = batch.connection();
    const Result<Target> target = find_target(batch, actor, mailbox, entry);
    if (!target) return std::unexpected(target.error());
    const bool owner = target->subject == target->owner && !entry.negative;
    const bool gives = !entry.negative && edit != RightsEdit::remove && entry.rights != 0;
    if (gives && target->subject == anyone && !connection.sharing().with_anyone) {
        return refuse(Reason::not_permitted, "mailboxes are not shared with anyone here, only with accounts by name");
    }
    Rights rights =
        edited(present_rights(connection, mailbox, target->subject, entry.negative, owner), entry.rights, edit);
    if (owner) rights |= right::of_owner;
    if (rights == 0) {
        remove_entry(connection, mailbox, target->subject, entry.negative);
    } else {
        connection.run(
            "INSERT INTO mailbox_right (mailbox_id, account_id, negative, rights) VALUES (?, ?, ?, ?) ON CONFLICT "
            "(mailbox_id, account_id, negative) DO UPDATE SET rights = excluded.rights",
            mailbox, target->subject, entry.negative, rights);
        if (!has_room(connection, mailbox, most_entries)) {
            return refuse(Reason::too_many, "the list has too many entries");
        }
        if (gives && !owner) {
            Result<std::monostate> within = check_shares(connection, target->owner);
            if (!within) return within;
        }
    }
    give_notice(batch, mailbox, target->owner, target->subject);
    return std::monostate();
}

Result<std::monostate> remove(Batch& batch, AccountId actor, MailboxId mailbox, const RightsEntry& entry) {
    const Result<Target> target = find_target(batch, actor, mailbox, entry);
    if (!target) return std::unexpected(target.error());
    remove_entry(batch.connection(), mailbox, target->subject, entry.negative);
    give_notice(batch, mailbox, target->owner, target->subject);
    return std::monostate();
}

}  // namespace

Query<Rights> get_rights(AccountId account, MailboxId mailbox) {
    return [=](Snapshot& snapshot) -> Result<Rights> {
        Connection& connection = engine::connection_of(snapshot);

        const std::optional<AccountId> owner = owner_of(connection, mailbox);
        return owner ? rights_on(connection, account, *owner, mailbox) : Rights{0};
    };
}

Query<std::vector<RightsEntry>> list_rights(Access access) {
    return [=](Snapshot& snapshot) -> Result<std::vector<RightsEntry>> {
        Connection& connection = engine::connection_of(snapshot);

        const MailboxId mailbox = access.mailbox;
        const std::optional<AccountId> owner = owner_of(connection, mailbox);
        if (!owner) return no_such_mailbox();
        if (access.actor) {
            Result<std::monostate> permitted =
                check_rights(connection, *access.actor, *owner, mailbox, right::administer);
            if (!permitted) return std::unexpected(std::move(permitted.error()));
        }
        std::vector<RightsEntry> entries;
        auto rows = connection.statement(
            "SELECT coalesce(account.name, ?), negative, rights, coalesce(account.id = ?, 0) AS owner FROM "
            "mailbox_right"
            " LEFT JOIN account ON account.id = mailbox_right.account_id WHERE mailbox_id = ?"
            " UNION ALL SELECT name, 0, ?, 1 FROM account WHERE id = ? AND NOT EXISTS (SELECT 1 FROM mailbox_right"
            "   WHERE mailbox_id = ? AND account_id = account.id AND negative = 0)"
            " ORDER BY owner DESC, negative, 1");
        rows.bind(anyone_name, *owner, mailbox, right::all, *owner, mailbox);
        while (rows.step()) {
            entries.push_back({.identifier = rows.column<std::string>(0),
                               .negative = rows.column<bool>(1),
                               .rights = rows.column<Rights>(2)});
        }
        return entries;
    };
}

Query<RightsEntry> resolve_identifier(std::string identifier) {
    return [identifier = std::move(identifier)](Snapshot& snapshot) -> Result<RightsEntry> {
        Connection& connection = engine::connection_of(snapshot);

        RightsEntry entry;
        entry.negative = identifier.starts_with('-');
        std::string name = identifier.substr(entry.negative ? 1 : 0);
        if (name == anyone_name) {
            entry.identifier = anyone_name;
            return entry;
        }
        if (!name.contains('@')) {
            auto domain = connection.statement("SELECT name FROM domain ORDER BY id LIMIT 1");
            if (domain.step()) name += "@" + domain.column<std::string>(0);
        }
        const std::optional<std::string> normal = normal_address(name);
        if (!normal || !account_id(connection, *normal)) {
            return refuse(Reason::no_such_account, "no such account: " + name);
        }
        entry.identifier = *normal;
        return entry;
    };
}

Query<bool> may_be_given(RightsEntry entry) {
    return [entry = std::move(entry)](Snapshot& snapshot) -> Result<bool> {
        const bool to_anyone = !entry.negative && entry.identifier == anyone_name;
        return !to_anyone || engine::connection_of(snapshot).sharing().with_anyone;
    };
}

Operation<std::monostate> set_rights(AccountId actor, MailboxId mailbox, RightsEntry entry, RightsEdit edit,
                                     std::size_t most_entries) {
    return {Durability::synced, [=, entry = std::move(entry)](Batch& batch) -> Done {
                return change(batch, actor, mailbox, entry, edit, most_entries);
            }};
}

Operation<std::monostate> remove_rights(AccountId actor, MailboxId mailbox, RightsEntry entry) {
    return {Durability::synced,
            [=, entry = std::move(entry)](Batch& batch) -> Done { return remove(batch, actor, mailbox, entry); }};
}

std::uint8_t changeable_flags(Rights rights) {
    std::uint8_t flags = 0;
    if ((rights & right::keep_seen) != 0) flags |= system_flag::seen;
    if ((rights & right::delete_messages) != 0) flags |= system_flag::deleted;
    if ((rights & right::write) != 0) flags |= system_flag::answered | system_flag::flagged | system_flag::draft;
    return flags;
}

}  // namespace storage
