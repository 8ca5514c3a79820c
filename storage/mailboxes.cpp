// Mailboxes: create, delete, rename, subscribe (RFC 9051 §6.3, with the rights of RFC 4314 §4). mailbox_reads.cpp reads
// them; messages.cpp has their messages. All superiors of a mailbox exist, all mailboxes can be selected, and one with
// inferiors cannot be deleted.
#include "storage/mailboxes.h"

#include <algorithm>
#include <utility>

#include "storage/access.h"
#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/mailbox_changes.h"
#include "storage/normal_names.h"
#include "storage/rename_inbox.h"
#include "storage/shared_rows.h"
#include "storage/slices.h"
#include "storage/store_options.h"
#include "storage/subscriptions.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

// "a/b/" announces inferiors (RFC 9051 §6.3.4); here every mailbox can have them.
std::string wanted_name(std::string_view name) {
    if (name.size() > 1 && name.ends_with(hierarchy_delimiter)) name.remove_suffix(1);
    return normal_mailbox_name(name);
}

// A mailbox's superiors: those that do not exist yet, outermost first, and the nearest existing one.
struct Superiors {
    std::vector<std::string> missing;
    std::optional<MailboxId> nearest;
};
Superiors superiors_of(Connection& connection, const NamedMailbox& place) {
    Superiors superiors;
    const std::string& name = place.name;
    for (std::size_t end = name.rfind(hierarchy_delimiter); end != std::string::npos;
         end = name.substr(0, end).rfind(hierarchy_delimiter)) {
        const std::string superior = name.substr(0, end);
        superiors.nearest = mailbox_id(connection, place.owner, superior);
        if (superiors.nearest) break;
        superiors.missing.insert(superiors.missing.begin(), superior);
    }
    return superiors;
}

// One refusal whether the superior may not be seen, may not be written below, or does not exist, or its account does
// not: it tells nothing of what others have (RFC 4314 §6).
std::unexpected<Refusal> no_right_to_create() {
    return refuse(Reason::not_permitted, "you have not the right to make a mailbox there");
}

std::unexpected<Refusal> no_such_place() {
    return refuse(Reason::invalid_name, "there is no place for a mailbox of that name");
}

std::unexpected<Refusal> not_a_name() { return refuse(Reason::invalid_name, "a mailbox cannot have that name"); }

// Where a new mailbox would be. Checks the form of the name before looking for the account, so that no refusal tells
// whether that exists.
Result<NamedMailbox> place_of_new(Connection& connection, AccountId actor, const std::string& name) {
    const bool others = is_in_other_users(name);
    const std::optional<OtherUsersName> parts = others ? split_other_users_name(name) : std::nullopt;
    if (others && !parts) return no_such_place();
    if (!is_valid_mailbox_name(others ? normal_mailbox_name(parts->mailbox) : name)) return not_a_name();
    std::optional<NamedMailbox> place = mailbox_named_by(connection, actor, name);
    if (!place) return no_right_to_create();
    return *std::move(place);
}

// Needs the right "k" on the nearest superior (RFC 4314 §4); at the top level only the owner creates mailboxes.
bool may_create(Connection& connection, AccountId actor, const NamedMailbox& place, const Superiors& superiors) {
    if (!superiors.nearest) return actor == place.owner;
    const Rights rights = rights_on(connection, actor, place.owner, *superiors.nearest);
    return (rights & right::create_mailboxes) != 0;
}

bool has_room(Batch& batch, AccountId account, std::size_t wanted) {
    auto count = batch.connection().statement("SELECT count(*) FROM mailbox WHERE account_id = ?");
    count.bind(account).step();
    return count.column<std::size_t>(0) + wanted <= batch.options().mailboxes_per_account;
}

// Checks that the name is free, and finds its missing superiors, before anything is written.
Result<Superiors> prepare_name(Batch& batch, AccountId actor, const NamedMailbox& place, std::size_t others) {
    Connection& connection = batch.connection();
    if (batch.account(place.owner) == nullptr) return refuse(Reason::no_such_account, "the account is gone");
    Superiors superiors = superiors_of(connection, place);
    if (!may_create(connection, actor, place, superiors)) return no_right_to_create();
    if (mailbox_id(connection, place.owner, place.name)) {
        return refuse(Reason::already_exists, "mailbox exists: " + place.name);
    }
    if (!has_room(batch, place.owner, superiors.missing.size() + others)) {
        return refuse(Reason::too_many, "the account has too many mailboxes");
    }
    return superiors;
}

// Creates the missing superiors. Each starts with the rights of the one above it: refuses if too many are shared then.
Result<std::monostate> insert_superiors(Batch& batch, AccountId owner, Superiors& superiors, ModSeq modseq) {
    bool shares = false;
    for (const std::string& name : superiors.missing) {
        const MailboxId made = insert_mailbox(batch, owner, name, SpecialUse::none, modseq).id;
        if (superiors.nearest) shares |= inherit_rights(batch.connection(), made, *superiors.nearest);
        superiors.nearest = made;
    }
    if (!shares) return std::monostate();
    return check_shares(batch.connection(), owner);
}

bool use_is_taken(Connection& connection, AccountId account, SpecialUse use) {
    auto found = connection.statement("SELECT 1 FROM mailbox WHERE account_id = ? AND special_use = ? LIMIT 1");
    return use != SpecialUse::none && found.bind(account, use).step();
}

}  // namespace

Result<Mailbox> create_within(Batch& batch, AccountId actor, const std::string& name, SpecialUse use) {
    Connection& connection = batch.connection();
    if (use != SpecialUse::none && is_in_other_users(name)) {
        return refuse(Reason::not_permitted, "special uses are the owner's to give");
    }
    const Result<NamedMailbox> place = place_of_new(connection, actor, name);
    if (!place) return std::unexpected(place.error());
    Result<Superiors> superiors = prepare_name(batch, actor, *place, 1);
    if (!superiors) return std::unexpected(std::move(superiors.error()));
    if (use_is_taken(connection, place->owner, use)) {
        return refuse(Reason::conflict, "another mailbox has that special use");
    }
    const ModSeq modseq = batch.change_account(place->owner);
    Result<std::monostate> above = insert_superiors(batch, place->owner, *superiors, modseq);
    if (!above) return std::unexpected(std::move(above.error()));
    Mailbox mailbox = insert_mailbox(batch, place->owner, place->name, use, modseq);
    if (superiors->nearest && inherit_rights(connection, mailbox.id, *superiors->nearest)) {
        Result<std::monostate> within = check_shares(connection, place->owner);
        if (!within) return std::unexpected(std::move(within.error()));
    }
    mailbox.name = name;
    mailbox.rights = rights_on(connection, actor, place->owner, mailbox.id);
    auto subscribed = connection.statement("SELECT 1 FROM subscription WHERE account_id = ? AND name = ?");
    mailbox.subscribed = subscribed.bind(actor, name).step();
    return mailbox;
}

namespace {

// A mailbox and its inferiors. '0' follows '/' in ASCII: so they are a range of the index.
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

// The mailbox of this name and all below it, if the actor may delete it. One that may not be seen is refused in the
// words of one that does not exist (RFC 4314 §6).
Result<std::vector<Named>> find_deletable(Connection& connection, AccountId actor,
                                          const std::optional<NamedMailbox>& place, const std::string& name) {
    if (!place) return no_such_mailbox(name);
    std::vector<Named> mailboxes = subtree(connection, place->owner, place->name);
    if (mailboxes.empty() || mailboxes.front().name != place->name) return no_such_mailbox(name);
    Result<std::monostate> permitted =
        check_rights(connection, actor, place->owner, mailboxes.front().id, right::delete_mailbox);
    if (!permitted && permitted.error().reason == Reason::no_such_mailbox) return no_such_mailbox(name);
    if (!permitted) return std::unexpected(std::move(permitted.error()));
    return mailboxes;
}

// Clients that knew it are told; what is older than the newest of these they must find out themselves.
void note_removed(Connection& connection, AccountId account, MailboxId mailbox, ModSeq modseq) {
    connection.run(
        "INSERT INTO removed_mailbox (account_id, modseq, mailbox_id, created_modseq)"
        " SELECT account_id, ?, id, created_modseq FROM mailbox WHERE id = ?",
        modseq, mailbox);
    connection.run(
        "DELETE FROM removed_mailbox WHERE account_id = ?1 AND modseq < (SELECT modseq FROM removed_mailbox"
        "   WHERE account_id = ?1 ORDER BY modseq DESC LIMIT 1 OFFSET ?2)",
        account, removed_mailboxes_per_account - 1);
}

}  // namespace

Result<std::monostate> remove_within(Batch& batch, AccountId actor, const std::string& name) {
    const std::optional<NamedMailbox> place = mailbox_named_by(batch.connection(), actor, name);
    const Result<std::vector<Named>> mailboxes = find_deletable(batch.connection(), actor, place, name);
    if (!mailboxes) return std::unexpected(mailboxes.error());
    if (place->name == "INBOX") return refuse(Reason::not_permitted, "INBOX cannot be deleted");
    if (mailboxes->size() > 1) return refuse(Reason::has_children, "the mailbox has inferiors: " + name);
    const MailboxId mailbox = mailboxes->front().id;
    const ModSeq modseq = batch.change_account(place->owner);
    batch.changed(place->owner, mailbox, modseq);  // sessions that have it selected notice that it is gone
    note_removed(batch.connection(), place->owner, mailbox, modseq);
    drop_mailbox(batch, mailbox);
    return std::monostate();
}

namespace {

// Thunderbird deletes a mailbox by renaming it into the trash: there it must no longer be the Sent or Drafts mailbox.
bool lies_in_trash(Connection& connection, AccountId account, const std::string& name) {
    auto trash = connection.statement("SELECT name FROM mailbox WHERE account_id = ? AND special_use = ?");
    trash.bind(account, SpecialUse::trash);
    return trash.step() && name.starts_with(trash.column<std::string>(0) + hierarchy_delimiter);
}

bool has_rights_of_others(Connection& connection, AccountId owner, MailboxId mailbox) {
    auto found = connection.statement("SELECT 1 FROM mailbox_right WHERE mailbox_id = ? AND account_id <> ? LIMIT 1");
    return found.bind(mailbox, owner).step();
}

}  // namespace

void mark_changed(Connection& connection, MailboxId mailbox, ModSeq modseq) {
    connection.run("UPDATE mailbox SET changed_modseq = ? WHERE id = ?", modseq, mailbox);
}

Result<Renamed> rename_within(Batch& batch, AccountId actor, const std::string& from_name, const std::string& to_name) {
    Connection& connection = batch.connection();
    const std::optional<NamedMailbox> source = mailbox_named_by(connection, actor, from_name);
    const Result<std::vector<Named>> mailboxes = find_deletable(connection, actor, source, from_name);
    if (!mailboxes) return std::unexpected(mailboxes.error());
    if (source->name == "INBOX") return refuse(Reason::not_permitted, "only its owner can empty an INBOX so");
    const std::optional<NamedMailbox> target = mailbox_named_by(connection, actor, to_name);
    if (!target || target->owner != source->owner) {
        return refuse(Reason::invalid_name, "a mailbox stays its owner's");
    }
    if (!is_valid_mailbox_name(target->name)) return not_a_name();
    const std::string& from = source->name;
    const std::string& to = target->name;
    if (to.starts_with(from + hierarchy_delimiter)) {
        return refuse(Reason::invalid_name, "a mailbox cannot be renamed into itself");
    }
    Result<Superiors> superiors = prepare_name(batch, actor, *target, 0);
    if (!superiors) return std::unexpected(std::move(superiors.error()));
    for (const Named& mailbox : *mailboxes) {
        if (!is_valid_mailbox_name(to + mailbox.name.substr(from.size()))) {
            return refuse(Reason::invalid_name, "an inferior's name would become too long");
        }
    }
    const ModSeq modseq = batch.change_account(source->owner);
    Result<std::monostate> above = insert_superiors(batch, source->owner, *superiors, modseq);
    if (!above) return std::unexpected(std::move(above.error()));
    const bool trashed = lies_in_trash(connection, source->owner, to);
    NewNames names;
    bool shared = false;
    for (const Named& mailbox : *mailboxes) {
        const std::string name = to + mailbox.name.substr(from.size());
        connection.run("UPDATE mailbox SET name = ? WHERE id = ?", name, mailbox.id);
        if (trashed) connection.run("UPDATE mailbox SET special_use = 0 WHERE id = ?", mailbox.id);
        // Those below it keep their names, as JMAP has them, and their parents.
        if (trashed || mailbox.id == mailboxes->front().id) mark_changed(connection, mailbox.id, modseq);
        names.emplace(mailbox.name, name);
        shared = shared || has_rights_of_others(connection, source->owner, mailbox.id);
    }
    follow_rename(batch, source->owner, names, shared);
    return Renamed{};
}

namespace {

// Tells of a subscription that has come or gone: of the account's own mailbox of that name, if there is one.
void note_subscription(Batch& batch, AccountId account, const std::string& name) {
    const ModSeq modseq = batch.change_account(account);
    const std::optional<MailboxId> mailbox = mailbox_id(batch.connection(), account, name);
    if (mailbox) mark_changed(batch.connection(), *mailbox, modseq);
}

}  // namespace

Result<std::monostate> subscribe_within(Batch& batch, AccountId account, const std::string& name, bool subscribed) {
    Connection& connection = batch.connection();
    if (batch.account(account) == nullptr) return refuse(Reason::no_such_account, "the account is gone");
    if (!subscribed) {
        const auto removed =
            connection.run("DELETE FROM subscription WHERE account_id = ? AND name = ?", account, name);
        if (removed != 0) note_subscription(batch, account, name);
        return std::monostate();
    }
    if (!is_valid_mailbox_name(name)) return not_a_name();
    auto count = connection.statement("SELECT count(*) FROM subscription WHERE account_id = ?");
    count.bind(account).step();
    if (count.column<std::size_t>(0) >= batch.options().mailboxes_per_account) {
        return refuse(Reason::too_many, "the account has too many subscriptions");
    }
    const auto added = connection.run(
        "INSERT INTO subscription (account_id, name) VALUES (?, ?) ON CONFLICT DO NOTHING", account, name);
    if (added != 0) note_subscription(batch, account, name);
    return std::monostate();
}

namespace {

Result<RecentRange> move_recent_mark(Batch& batch, const Access& access) {
    const Result<Rights> rights = check_rights(batch, access, right::read);
    if (!rights) return std::unexpected(rights.error());
    const MailboxId id = access.mailbox;
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

Operation<Mailbox> create_mailbox(AccountId account, std::string name, SpecialUse use) {
    return {Durability::synced, [account, name = wanted_name(name), use](Batch& batch) {
                return std::optional(create_within(batch, account, name, use));
            }};
}

Operation<std::monostate> delete_mailbox(AccountId account, std::string name) {
    return {Durability::synced, [account, name = normal_mailbox_name(name)](Batch& batch) -> Done {
                return remove_within(batch, account, name);
            }};
}

Operation<Renamed> rename_mailbox(AccountId account, std::string from, std::string to, std::int64_t now,
                                  MetadataLimits metadata) {
    from = normal_mailbox_name(from);
    to = wanted_name(to);
    if (from == "INBOX") {
        // The new mailbox is created first, and again if it is deleted meanwhile; the messages follow slice by slice.
        auto slice = [account, to, now, metadata](Batch& batch,
                                                  std::optional<InboxMove>& move) -> std::optional<Result<Renamed>> {
            if (is_in_other_users(to)) return no_such_place();
            if (!move || !move->target_exists(batch)) {
                const Result<Mailbox> made = create_within(batch, account, to, SpecialUse::none);
                if (!made) return std::unexpected(made.error());
                batch.connection().run("UPDATE mailbox SET from_inbox = 1 WHERE id = ?", made->id);
                Result<std::monostate> copied = copy_inbox_metadata(batch.connection(), account, made->id, metadata);
                if (!copied) return std::unexpected(std::move(copied.error()));
                subscribe_like_inbox(batch, account, to);
                move.emplace(batch, account, made->id, now);
            }
            if (!move->move_slice(batch)) return std::nullopt;
            return move->done();
        };
        return {Durability::synced, in_slices(std::optional<InboxMove>(), std::move(slice))};
    }
    return {Durability::synced,
            [=](Batch& batch) -> std::optional<Result<Renamed>> { return rename_within(batch, account, from, to); }};
}

Operation<std::monostate> subscribe_mailbox(AccountId account, std::string name, bool subscribed) {
    return {Durability::prompt, [account, name = wanted_name(name), subscribed](Batch& batch) -> Done {
                return subscribe_within(batch, account, name, subscribed);
            }};
}

Operation<RecentRange> take_recent(Access access) {
    return {Durability::prompt, [=](Batch& batch) { return std::optional(move_recent_mark(batch, access)); }};
}

}  // namespace storage
