// Changing mailboxes by id, and what JMAP's clients ask of them. RFC 8621 §2.
#include "storage/mailbox_edits.h"

#include <utility>

#include "storage/access.h"
#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/mailbox_changes.h"
#include "storage/normal_names.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

struct Row {
    AccountId owner;
    std::string name;  // as the owner has it
};

Result<Row> row_of(Connection& connection, MailboxId mailbox) {
    auto found = connection.statement("SELECT account_id, name FROM mailbox WHERE id = ?");
    if (!found.bind(mailbox).step()) return refuse(Reason::no_such_mailbox, "the mailbox is gone");
    return Row{.owner = found.column<AccountId>(0), .name = found.column<std::string>(1)};
}

// A mailbox's name as the actor has it (rights.h).
std::string name_for(Connection& connection, AccountId actor, AccountId owner, const std::string& name) {
    if (actor == owner) return name;
    auto found = connection.statement("SELECT name FROM account WHERE id = ?");
    found.bind(owner).step();
    return other_users_name(found.column<std::string>(0), name);
}

// The owner's name for what lies there.
Result<std::string> name_at(Connection& connection, AccountId owner, const MailboxPlace& place) {
    if (place.name.contains(hierarchy_delimiter)) return refuse(Reason::invalid_name, "a name of one level has no '/'");
    if (!place.parent) return normal_mailbox_name(place.name);
    const Result<Row> parent = row_of(connection, *place.parent);
    if (!parent) return std::unexpected(parent.error());
    if (parent->owner != owner) return refuse(Reason::no_such_mailbox, "the parent is another account's");
    return normal_mailbox_name(parent->name + hierarchy_delimiter + place.name);
}

// Special uses are the owner's to give, to one mailbox each.
Result<std::monostate> set_use(Batch& batch, const Access& access, AccountId owner, SpecialUse use) {
    Connection& connection = batch.connection();
    if (!access.actor || *access.actor != owner) {
        return refuse(Reason::not_permitted, "special uses are the owner's to give");
    }
    auto taken =
        connection.statement("SELECT 1 FROM mailbox WHERE account_id = ? AND special_use = ? AND id <> ? LIMIT 1");
    if (use != SpecialUse::none && taken.bind(owner, use, access.mailbox).step()) {
        return refuse(Reason::conflict, "another mailbox has that special use");
    }
    taken.reset();
    if (connection.run("UPDATE mailbox SET special_use = ? WHERE id = ? AND special_use <> ?", use, access.mailbox,
                       use) != 0) {
        mark_changed(connection, access.mailbox, batch.change_account(owner));
    }
    return std::monostate();
}

void set_sort_order(Batch& batch, MailboxId mailbox, AccountId owner, std::uint32_t order) {
    if (batch.connection().run("UPDATE mailbox SET sort_order = ? WHERE id = ? AND sort_order <> ?", order, mailbox,
                               order) != 0) {
        mark_changed(batch.connection(), mailbox, batch.change_account(owner));
    }
}

// What is no name. The order is the mailbox's, so that whoever may rename it may change it.
Result<std::monostate> set_properties(Batch& batch, AccountId actor, MailboxId mailbox, const MailboxEdit& edit) {
    Connection& connection = batch.connection();
    const Result<Row> row = row_of(connection, mailbox);
    if (!row) return std::unexpected(row.error());
    if (edit.use) {
        Result<std::monostate> set = set_use(batch, {mailbox, actor}, row->owner, *edit.use);
        if (!set) return set;
    }
    if (edit.sort_order) {
        Result<std::monostate> permitted = check_rights(connection, actor, row->owner, mailbox,
                                                        row->owner == actor ? Rights{0} : right::delete_mailbox);
        if (!permitted) return permitted;
        set_sort_order(batch, mailbox, row->owner, *edit.sort_order);
    }
    if (!edit.subscribed) return std::monostate();
    return subscribe_within(batch, actor, name_for(connection, actor, row->owner, row->name), *edit.subscribed);
}

Result<Mailbox> make(Batch& batch, AccountId actor, AccountId owner, const MailboxEdit& edit) {
    Connection& connection = batch.connection();
    const Result<std::string> name = name_at(connection, owner, *edit.place);
    if (!name) return std::unexpected(name.error());
    Result<Mailbox> made =
        create_within(batch, actor, name_for(connection, actor, owner, *name), edit.use.value_or(SpecialUse::none));
    if (!made) return made;
    MailboxEdit rest = edit;
    rest.use.reset();
    Result<std::monostate> set = set_properties(batch, actor, made->id, rest);
    if (!set) return std::unexpected(std::move(set.error()));
    return made;
}

Result<std::monostate> edit_within(Batch& batch, AccountId actor, MailboxId mailbox, const MailboxEdit& edit) {
    Connection& connection = batch.connection();
    const Result<Row> row = row_of(connection, mailbox);
    if (!row) return std::unexpected(row.error());
    Result<std::monostate> seen = check_rights(connection, actor, row->owner, mailbox, 0);
    if (!seen) return seen;
    if (edit.place) {
        const Result<std::string> name = name_at(connection, row->owner, *edit.place);
        if (!name) return std::unexpected(name.error());
        if (*name != row->name) {
            Result<Renamed> renamed = rename_within(batch, actor, name_for(connection, actor, row->owner, row->name),
                                                    name_for(connection, actor, row->owner, *name));
            if (!renamed) return std::unexpected(std::move(renamed.error()));
        }
    }
    return set_properties(batch, actor, mailbox, edit);
}

Result<std::monostate> destroy_within(Batch& batch, AccountId actor, MailboxId mailbox, bool with_messages) {
    Connection& connection = batch.connection();
    const Result<Row> row = row_of(connection, mailbox);
    if (!row) return std::unexpected(row.error());
    Result<std::monostate> seen = check_rights(connection, actor, row->owner, mailbox, 0);
    if (!seen) return seen;
    const engine::MailboxCounters* counters = batch.mailbox(mailbox);
    if (!with_messages && counters->messages > counters->deleted) {
        auto inferior =
            connection.statement("SELECT 1 FROM mailbox WHERE account_id = ? AND name > ? AND name < ? LIMIT 1");
        if (inferior.bind(row->owner, row->name + "/", row->name + "0").step()) {
            return refuse(Reason::has_children, "the mailbox has inferiors");
        }
        return refuse(Reason::conflict, "the mailbox has messages");
    }
    return remove_within(batch, actor, name_for(connection, actor, row->owner, row->name));
}

}  // namespace

Operation<Mailbox> make_mailbox(AccountId actor, AccountId owner, MailboxEdit edit) {
    return {Durability::synced, [actor, owner, edit = std::move(edit)](Batch& batch) {
                return std::optional(make(batch, actor, owner, edit));
            }};
}

Operation<std::monostate> edit_mailbox(Access access, MailboxEdit edit) {
    return {Durability::synced, [access, edit = std::move(edit)](Batch& batch) {
                return std::optional(edit_within(batch, *access.actor, access.mailbox, edit));
            }};
}

Operation<std::monostate> destroy_mailbox(Access access, bool with_messages) {
    return {Durability::synced, [access, with_messages](Batch& batch) {
                return std::optional(destroy_within(batch, *access.actor, access.mailbox, with_messages));
            }};
}

Query<RemovedMailboxes> list_removed_mailboxes(AccountId account) {
    return [account](Snapshot& snapshot) -> Result<RemovedMailboxes> {
        RemovedMailboxes removed;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT mailbox_id, created_modseq, modseq FROM removed_mailbox WHERE account_id = ?"
            " ORDER BY modseq, mailbox_id");
        rows.bind(account);
        while (rows.step()) {
            removed.mailboxes.push_back({.id = rows.column<MailboxId>(0),
                                         .created_modseq = rows.column<ModSeq>(1),
                                         .removed_modseq = rows.column<ModSeq>(2)});
        }
        const bool full = removed.mailboxes.size() >= removed_mailboxes_per_account;
        if (full) removed.complete_from = removed.mailboxes.front().removed_modseq;
        return removed;
    };
}

Query<EmailCounts> count_emails(Access access) {
    return [access](Snapshot& snapshot) -> Result<EmailCounts> {
        Connection& connection = engine::connection_of(snapshot);
        Result<std::monostate> permitted = check_reading(connection, access);
        if (!permitted) return std::unexpected(std::move(permitted.error()));
        auto counts = connection.statement(
            "SELECT count(*), coalesce(sum(unread), 0), count(DISTINCT thread_id),"
            "   count(DISTINCT CASE WHEN unread = 1 THEN thread_id END)"
            " FROM (SELECT c.thread_id AS thread_id,"
            "     min(CASE WHEN m.flags & ?1 = 0 THEN 1 ELSE 0 END) AS unread"
            "   FROM message AS m JOIN mailbox AS b ON b.id = m.mailbox_id"
            "   JOIN account_content AS c ON c.blob_id = m.blob_id AND c.account_id = b.account_id"
            "   WHERE m.mailbox_id = ?2 AND m.flags & ?3 = 0 GROUP BY m.blob_id, m.internal_date, c.thread_id) AS "
            "email");
        counts.bind(system_flag::seen | system_flag::draft, access.mailbox, system_flag::deleted).step();
        return EmailCounts{.emails = counts.column<std::uint64_t>(0),
                           .unread_emails = counts.column<std::uint64_t>(1),
                           .threads = counts.column<std::uint64_t>(2),
                           .unread_threads = counts.column<std::uint64_t>(3)};
    };
}

}  // namespace storage
