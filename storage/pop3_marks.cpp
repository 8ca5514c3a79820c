// The maildrop's lock and delete marks as rows (RFC 1939 §4, §5 DELE, §6). Only the lock's owner may mark or update.
// The store clears both tables at start: sessions do not outlive the process.
#include "storage/pop3_marks.h"

#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/message_rows.h"
#include "storage/shared_rows.h"
#include "storage/slices.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using Done = std::optional<Result<std::monostate>>;

// How many marks one slice of UPDATE reads: some milliseconds.
constexpr std::size_t slice_marks = 10'000;

bool holds_lock(Connection& connection, MailboxId maildrop, const std::string& owner) {
    auto found = connection.statement("SELECT 1 FROM maildrop_lock WHERE mailbox_id = ? AND owner = ?");
    return found.bind(maildrop, owner).step();
}

std::unexpected<Refusal> lock_lost() { return refuse(Reason::conflict, "the maildrop is not locked by this session"); }

// Sessions that wait for the maildrop are notified.
void give_back(Batch& batch, MailboxId maildrop) {
    batch.connection().run("DELETE FROM pop3_mark WHERE mailbox_id = ?", maildrop);
    batch.connection().run("DELETE FROM maildrop_lock WHERE mailbox_id = ?", maildrop);
    const engine::MailboxCounters* counters = batch.mailbox(maildrop);
    if (counters != nullptr) batch.changed(counters->account, maildrop, counters->highest_modseq);
}

Result<MailboxId> take_lock(Connection& connection, AccountId account, const std::string& owner) {
    const std::optional<MailboxId> inbox = mailbox_id(connection, account, "INBOX");
    if (!inbox) return refuse(Reason::no_such_account, "no such account");
    const std::int64_t taken = connection.run(
        "INSERT INTO maildrop_lock (mailbox_id, owner) VALUES (?, ?) ON CONFLICT DO NOTHING", *inbox, owner);
    if (taken == 0) return refuse(Reason::in_use, "another POP3 session has the maildrop locked");
    return *inbox;
}

Result<std::monostate> mark(Connection& connection, MailboxId maildrop, const std::string& owner, Uid uid) {
    if (!holds_lock(connection, maildrop, owner)) return lock_lost();
    auto found = connection.statement("SELECT 1 FROM message WHERE mailbox_id = ? AND uid = ?");
    if (!found.bind(maildrop, uid).step()) return refuse(Reason::no_such_message, "the message is gone");
    connection.run("INSERT INTO pop3_mark (mailbox_id, uid) VALUES (?, ?) ON CONFLICT DO NOTHING", maildrop, uid);
    return std::monostate();
}

void insert_marks(Connection& connection, MailboxId maildrop, const UidSet& uids) {
    for (const UidSet::Range& range : uids.ranges()) {
        connection.run(
            "INSERT INTO pop3_mark (mailbox_id, uid) SELECT mailbox_id, uid FROM message WHERE mailbox_id = ? AND uid "
            "BETWEEN ? AND ? ON CONFLICT DO NOTHING",
            maildrop, range.first, range.last);
    }
}

Result<std::monostate> mark_several(Connection& connection, MailboxId maildrop, const std::string& owner,
                                    const UidSet& uids) {
    if (!holds_lock(connection, maildrop, owner)) return lock_lost();
    insert_marks(connection, maildrop, uids);
    return std::monostate();
}

UidSet marked(Connection& connection, MailboxId maildrop) {
    UidSet uids;
    auto rows = connection.statement("SELECT uid FROM pop3_mark WHERE mailbox_id = ? ORDER BY uid");
    rows.bind(maildrop);
    while (rows.step()) uids.insert(rows.column<Uid>(0));
    return uids;
}

struct Updating {
    UidSet targets;  // marks up to `read`
    Uid read;        // marks are read before anything is expunged
    bool all_read = false;
    Expunging expunge;
};

// Reads more marks; true if these were the last.
bool read_marks(Connection& connection, MailboxId maildrop, Updating& work) {
    auto rows = connection.statement("SELECT uid FROM pop3_mark WHERE mailbox_id = ? AND uid > ? ORDER BY uid");
    rows.bind(maildrop, work.read);
    for (std::size_t count = 0; rows.step(); ++count) {
        if (count == slice_marks) return false;
        work.read = rows.column<Uid>(0);
        work.targets.insert(work.read);
    }
    return true;
}

// One slice of UPDATE; nullopt if there is more. The lock is held until the last. If a later one fails, or the process
// ends before it, the messages that are left stay: RFC 1939 §6 knows that answer, and the client marks them again.
std::optional<Result<Expunged>> update(Batch& batch, MailboxId maildrop, const std::string& owner, const UidSet& untold,
                                       Updating& work) {
    if (!holds_lock(batch.connection(), maildrop, owner)) return lock_lost();
    if (!work.all_read) {
        if (!read_marks(batch.connection(), maildrop, work)) return std::nullopt;
        work.all_read = true;
        work.targets.merge(untold);
    }
    if (!expunge_slice(batch, maildrop, work.targets, false, work.expunge)) {
        batch.connection().run("DELETE FROM pop3_mark WHERE mailbox_id = ? AND uid <= ?", maildrop, work.expunge.done);
        return std::nullopt;
    }
    give_back(batch, maildrop);
    return std::move(work.expunge.outcome);
}

}  // namespace

Operation<MailboxId> lock_maildrop(AccountId account, std::string owner) {
    return {Durability::prompt, [=](Batch& batch) -> std::optional<Result<MailboxId>> {
                return take_lock(batch.connection(), account, owner);
            }};
}

Query<MaildropUse> maildrop_use(MailboxId maildrop) {
    return [=](Snapshot& snapshot) -> Result<MaildropUse> {
        Connection& connection = engine::connection_of(snapshot);

        MaildropUse use;
        auto holder = connection.statement("SELECT owner FROM maildrop_lock WHERE mailbox_id = ?");
        if (holder.bind(maildrop).step()) use.holder = holder.column<std::string>(0);
        use.marked = marked(connection, maildrop);
        return use;
    };
}

Operation<std::monostate> mark_deleted(MailboxId maildrop, std::string owner, Uid uid) {
    return {Durability::prompt, [=](Batch& batch) -> Done { return mark(batch.connection(), maildrop, owner, uid); }};
}

Operation<std::monostate> mark_deleted(MailboxId maildrop, std::string owner, UidSet uids) {
    return {Durability::prompt,
            [=](Batch& batch) -> Done { return mark_several(batch.connection(), maildrop, owner, uids); }};
}

Operation<std::monostate> unmark_all(MailboxId maildrop, std::string owner) {
    return {Durability::prompt, [=](Batch& batch) -> Done {
                if (!holds_lock(batch.connection(), maildrop, owner)) return lock_lost();
                batch.connection().run("DELETE FROM pop3_mark WHERE mailbox_id = ?", maildrop);
                return std::monostate();
            }};
}

Operation<Expunged> update_maildrop(MailboxId maildrop, std::string owner, UidSet untold) {
    auto slice = [maildrop, owner = std::move(owner), untold = std::move(untold)](Batch& batch, Updating& work) {
        return update(batch, maildrop, owner, untold, work);
    };
    return {Durability::synced, in_slices(Updating(), std::move(slice))};
}

Operation<std::monostate> release_maildrop(MailboxId maildrop, std::string owner) {
    return {Durability::prompt, [=](Batch& batch) -> Done {
                if (holds_lock(batch.connection(), maildrop, owner)) give_back(batch, maildrop);
                return std::monostate();
            }};
}

}  // namespace storage
