// Moves INBOX's messages to the new mailbox: new UIDs there, expunged here (RFC 7162 §3.2); dates and flags stay.
#include "storage/rename_inbox.h"

#include <optional>

#include "storage/engine/connection.h"
#include "storage/hidden_messages.h"
#include "storage/message_rows.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

constexpr int slice_messages = 2'000;

// The next messages of INBOX, with their sums.
struct Slice {
    Uid first;
    Uid last;
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t size_octets = 0;
    std::uint64_t deleted_octets = 0;
};

std::optional<Slice> next_slice(engine::Connection& connection, MailboxId inbox, Uid end) {
    auto sums = connection.statement(
        "SELECT min(uid), max(uid), count(*), sum(flags & 1 = 0), sum(flags & 8 != 0), sum(size_octets),"
        "   sum(iif(flags & 8 != 0, size_octets, 0))"
        " FROM (SELECT uid, flags, size_octets FROM message WHERE mailbox_id = ? AND uid < ? ORDER BY uid LIMIT ?)");
    sums.bind(inbox, end, slice_messages).step();
    if (sums.is_null(0)) return std::nullopt;
    return Slice{.first = sums.column<Uid>(0),
                 .last = sums.column<Uid>(1),
                 .messages = sums.column<std::uint32_t>(2),
                 .unseen = sums.column<std::uint32_t>(3),
                 .deleted = sums.column<std::uint32_t>(4),
                 .size_octets = sums.column<std::uint64_t>(5),
                 .deleted_octets = sums.column<std::uint64_t>(6)};
}

void take_from(engine::MailboxCounters& counters, const Slice& slice) {
    counters.messages -= slice.messages;
    counters.unseen -= slice.unseen;
    counters.deleted -= slice.deleted;
    counters.size_octets -= slice.size_octets;
    counters.deleted_octets -= slice.deleted_octets;
}

void add_to(engine::MailboxCounters& counters, const Slice& slice) {
    counters.uid_next.value += slice.messages;
    counters.messages += slice.messages;
    counters.unseen += slice.unseen;
    counters.deleted += slice.deleted;
    counters.size_octets += slice.size_octets;
    counters.deleted_octets += slice.deleted_octets;
}

}  // namespace

InboxMove::InboxMove(engine::Batch& batch, AccountId account, MailboxId target, std::int64_t now)
    : target_(target), now_(now) {
    const std::optional<MailboxId> inbox = mailbox_id(batch.connection(), account, "INBOX");
    if (!inbox) return;
    inbox_ = *inbox;
    end_ = batch.mailbox(inbox_)->uid_next;
}

bool InboxMove::move_slice(engine::Batch& batch) {
    engine::Connection& connection = batch.connection();
    if (batch.mailbox(inbox_) == nullptr) return true;
    const std::optional<Slice> slice = next_slice(connection, inbox_, end_);
    if (!slice) return true;

    const ModSeq arrived = batch.change_mailbox(target_);
    const Uid base = batch.mailbox(target_)->uid_next;
    connection.run(
        "INSERT INTO message (mailbox_id, uid, flags, keywords, modseq, internal_date, zone_minutes, saved_at,"
        "   size_octets, blob_id, shown_modseq)"
        " SELECT ?, ? + row_number() OVER (ORDER BY uid) - 1, flags, keywords, ?, internal_date, zone_minutes,"
        "   ?, size_octets, blob_id, ?"
        " FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ?",
        target_, base, arrived, now_, arrived, inbox_, slice->first, slice->last);
    connection.run(
        "INSERT INTO message_bucket (mailbox_id, bucket, modseq, newest)"
        " SELECT mailbox_id, uid >> 8, ?, max(internal_date) FROM message WHERE mailbox_id = ? AND uid >= ?"
        " GROUP BY mailbox_id, uid >> 8 ON CONFLICT (mailbox_id, bucket)"
        " DO UPDATE SET modseq = excluded.modseq, newest = max(message_bucket.newest, excluded.newest)",
        arrived, target_, base);
    add_to(*batch.mailbox(target_), *slice);

    const ModSeq left = change_mailbox(batch, inbox_, done_.emptied_step);
    done_.emptied = inbox_;
    note_hidden(connection, batch.mailbox(inbox_)->account, inbox_, slice->first, slice->last, left);
    connection.run("DELETE FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ?", inbox_, slice->first,
                   slice->last);
    connection.run("INSERT INTO expunged (mailbox_id, modseq, first_uid, last_uid) VALUES (?, ?, ?, ?)", inbox_, left,
                   slice->first, slice->last);
    UidSet moved;
    moved.insert(slice->first, slice->last);
    forget_empty_buckets(connection, inbox_, moved);
    take_from(*batch.mailbox(inbox_), *slice);
    return !next_slice(connection, inbox_, end_);
}

}  // namespace storage
