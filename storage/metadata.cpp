// Reading and setting metadata. RFC 5464 §4.1 (limits), §4.3 (all or none). A private entry belongs to the account that
// set it, a shared one to the mailbox's owner: one key column serves both, since their names differ.
#include "storage/metadata.h"

#include <algorithm>
#include <utility>

#include "storage/access.h"
#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

bool is_shared(const std::string& name) {
    return name.size() > 1 && (name[1] == 's' || name[1] == 'S');  // "/shared", not "/private"
}

// The mailbox's owner, if the account may have metadata there (RFC 5464 §3.3).
Result<AccountId> owner_of(Connection& connection, AccountId account, MailboxId mailbox) {
    if (mailbox == MailboxId{}) return account;
    auto found = connection.statement("SELECT account_id FROM mailbox WHERE id = ?");
    if (!found.bind(mailbox).step()) return refuse(Reason::no_such_mailbox, "the mailbox is gone");
    const AccountId owner = found.column<AccountId>(0);
    constexpr Rights any_of = right::read | right::keep_seen | right::write | right::insert | right::post;
    const Rights rights = rights_on(connection, account, owner, mailbox);
    Result<std::monostate> visible = check_rights(rights, right::lookup);
    if (!visible) return std::unexpected(std::move(visible.error()));
    if ((rights & any_of) == 0) return refuse(Reason::not_permitted, "you have no right to its messages");
    return owner;
}

void put(Connection& connection, AccountId account, MailboxId mailbox, const MetadataChange& change) {
    if (!change.value) {
        connection.run("DELETE FROM metadata WHERE account_id = ? AND mailbox_id = ? AND entry = ?", account, mailbox,
                       change.name);
        return;
    }
    connection.run(
        "INSERT INTO metadata (account_id, mailbox_id, entry, value) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account_id, mailbox_id, entry) DO UPDATE SET value = excluded.value",
        account, mailbox, change.name, engine::Octets{*change.value});
}

// All of the account's entries are read for it: what each costs beside its octets keeps them few.
Result<std::monostate> check_limits(Connection& connection, AccountId account, MailboxId mailbox,
                                    const MetadataLimits& limits) {
    auto sums = connection.statement(
        "SELECT coalesce(sum(mailbox_id = ?), 0), coalesce(sum(? + length(entry) + length(value)), 0)"
        " FROM metadata WHERE account_id = ?");
    sums.bind(mailbox, octets_per_metadata_entry, account).step();
    const auto [entries, octets] = sums.row<std::uint64_t, std::uint64_t>();
    if (entries > limits.entries) return refuse(Reason::too_many, "there would be too many entries of metadata");
    if (octets > limits.account_octets) return refuse(Reason::too_many, "the account keeps too much metadata");
    return std::monostate();
}

// If a limit is exceeded, the savepoint rolls everything back.
Result<std::monostate> set(Batch& batch, AccountId account, MailboxId mailbox,
                           const std::vector<MetadataChange>& changes, const MetadataLimits& limits) {
    Connection& connection = batch.connection();
    if (batch.account(account) == nullptr) return refuse(Reason::no_such_account, "the account is gone");
    const Result<AccountId> owner = owner_of(connection, account, mailbox);
    if (!owner) return std::unexpected(owner.error());
    for (const MetadataChange& change : changes) {
        const bool shared = is_shared(change.name);
        if (shared && mailbox == MailboxId{}) {
            return refuse(Reason::not_permitted, "what the server says of itself is set by the administrator");
        }
        put(connection, shared ? *owner : account, mailbox, change);
    }
    const bool grows = std::ranges::any_of(changes, [](const MetadataChange& one) { return one.value.has_value(); });
    if (grows) {  // removing is always allowed
        Result<std::monostate> within = check_limits(connection, account, mailbox, limits);
        if (within && *owner != account) within = check_limits(connection, *owner, mailbox, limits);
        if (!within) return within;
    }
    if (mailbox == MailboxId{}) {
        batch.change_account(*owner);
    } else {
        batch.change_mailbox(mailbox);  // RFC 7162 §3.2: an annotation counts as a change of its mailbox
    }
    return std::monostate();
}

}  // namespace

Result<std::monostate> copy_inbox_metadata(Connection& connection, AccountId account, MailboxId to,
                                           const MetadataLimits& limits) {
    const std::optional<MailboxId> inbox = mailbox_id(connection, account, "INBOX");
    if (!inbox) return std::monostate();
    const auto copied = connection.run(
        "INSERT INTO metadata (account_id, mailbox_id, entry, value)"
        " SELECT account_id, ?, entry, value FROM metadata WHERE account_id = ? AND mailbox_id = ? ORDER BY entry",
        to, account, *inbox);
    if (copied == 0) return std::monostate();
    return check_limits(connection, account, to, limits);
}

Query<std::vector<MetadataEntry>> list_metadata(AccountId account, MailboxId mailbox) {
    return [=](Snapshot& snapshot) -> Result<std::vector<MetadataEntry>> {
        Connection& connection = engine::connection_of(snapshot);

        const Result<AccountId> owner = owner_of(connection, account, mailbox);
        if (!owner) return std::unexpected(owner.error());
        std::vector<MetadataEntry> entries;
        auto rows = connection.statement(
            "SELECT entry, value FROM metadata WHERE account_id = ? AND mailbox_id = ? AND entry < '/s'"
            " UNION ALL SELECT entry, value FROM metadata WHERE account_id = ? AND mailbox_id = ? AND entry >= '/s'"
            " ORDER BY entry");
        rows.bind(account, mailbox, *owner, mailbox);
        while (rows.step()) {
            entries.push_back({.name = rows.column<std::string>(0), .value = std::string(rows.octets(1))});
        }
        return entries;
    };
}

Operation<std::monostate> set_metadata(AccountId account, MailboxId mailbox, std::vector<MetadataChange> changes,
                                       MetadataLimits limits) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
                return set(batch, account, mailbox, changes, limits);
            }};
}

}  // namespace storage
