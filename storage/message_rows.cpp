// Inserting and removing message rows, with exact counters.
#include "storage/message_rows.h"

#include <algorithm>
#include <limits>
#include <variant>

#include "storage/access.h"
#include "storage/hidden_messages.h"
#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::AccountCounters;
using engine::Batch;
using engine::Connection;
using engine::MailboxCounters;
using engine::Octets;

// How many rows one slice of an expunge removes, and looks at: about ten milliseconds.
constexpr std::size_t slice_expunges = 2'000;
constexpr std::size_t slice_scanned = 50'000;

constexpr std::uint32_t bucket_uids = 256;  // must match `uid >> 8` in schema.sql and the statements

std::optional<Octets> column_of(const KeywordSet& keywords) {
    if (keywords.empty()) return std::nullopt;
    return Octets{keywords.octets()};
}

}  // namespace

Result<MailboxId> find_destination(Batch& batch, const Actor& actor, const TargetMailbox& destination) {
    if (const auto* id = std::get_if<MailboxId>(&destination)) return *id;
    const std::string name = normal_mailbox_name(std::get<std::string>(destination));
    const std::optional<NamedMailbox> place = actor ? mailbox_named_by(batch.connection(), *actor, name) : std::nullopt;
    const std::optional<MailboxId> id =
        place ? mailbox_id(batch.connection(), place->owner, place->name) : std::nullopt;
    if (!id) return no_such_mailbox(name);
    return *id;
}

Result<std::monostate> check_room(Batch& batch, MailboxId mailbox, std::uint64_t octets, std::size_t messages,
                                  const Sums& freed) {
    const MailboxCounters* counters = batch.mailbox(mailbox);
    const AccountCounters* account = counters ? batch.account(counters->account) : nullptr;
    if (!account) return refuse(Reason::no_such_mailbox, "the mailbox is gone");
    if (counters->uid_next.value + std::uint64_t{messages} > std::numeric_limits<std::uint32_t>::max()) {
        return refuse(Reason::too_many, "the mailbox has run out of UIDs");
    }
    const auto fits = [](std::uint64_t used, std::uint64_t more, std::uint64_t less,
                         std::optional<std::uint64_t> most) {
        return !most || more <= less || used + (more - less) <= *most;
    };
    if (!fits(account->used_octets, octets, freed.size_octets, account->quota_octets)) {
        return refuse(Reason::over_quota, "the account's quota is used up");
    }
    if (!fits(account->messages, messages, freed.messages, account->quota_messages)) {
        return refuse(Reason::over_quota, "the account may not keep more messages");
    }
    return std::monostate();
}

Uid insert_message(Batch& batch, MailboxId mailbox, const MessageRow& row, ModSeq modseq) {
    MailboxCounters& counters = *batch.mailbox(mailbox);
    AccountCounters& account = *batch.account(counters.account);
    const Uid uid = counters.uid_next;
    batch.connection().run(
        "INSERT INTO message (mailbox_id, uid, flags, keywords, modseq, internal_date, zone_minutes, saved_at, "
        "size_octets, blob_id, shown_modseq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        mailbox, uid, row.flags.system, column_of(row.flags.keywords), modseq, row.internal_date, row.zone_minutes,
        row.saved_at, row.size_octets, row.blob, modseq);
    // The newest bucket is marked once per operation, when a new bucket begins, and when a newer message comes.
    if (counters.newest_bucket_modseq != modseq || uid.value % bucket_uids == 0 ||
        row.internal_date > counters.newest_bucket_date) {
        mark_inserted(batch.connection(), mailbox, uid, modseq, row.internal_date);
        counters.newest_bucket_modseq = modseq;
        counters.newest_bucket_date = row.internal_date;
    }
    counters.uid_next.value += 1;
    counters.messages += 1;
    counters.unseen += (row.flags.system & system_flag::seen) == 0 ? 1 : 0;
    const bool is_deleted = (row.flags.system & system_flag::deleted) != 0;
    counters.deleted += is_deleted ? 1 : 0;
    counters.deleted_octets += is_deleted ? row.size_octets : 0;
    counters.size_octets += row.size_octets;
    account.messages += 1;
    account.used_octets += row.size_octets;
    return uid;
}

ModSeq change_mailbox(Batch& batch, MailboxId mailbox, ModSeqStep& step) {
    const ModSeq found = batch.mailbox(mailbox)->highest_modseq;
    step.extend(found, batch.change_mailbox(mailbox));
    return step.after;
}

void ChangeMarks::mark(Uid uid) {
    const std::uint32_t bucket = uid.value / bucket_uids;
    if (marked_ == bucket) return;
    marked_ = bucket;
    connection_.run("UPDATE message_bucket SET modseq = ? WHERE mailbox_id = ? AND bucket = ?", modseq_, mailbox_,
                    bucket);
}

void mark_inserted(Connection& connection, MailboxId mailbox, Uid uid, ModSeq modseq, std::int64_t internal_date) {
    connection.run(
        "INSERT INTO message_bucket (mailbox_id, bucket, modseq, newest) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (mailbox_id, bucket)"
        " DO UPDATE SET modseq = excluded.modseq, newest = max(message_bucket.newest, excluded.newest)",
        mailbox, uid.value / bucket_uids, modseq, internal_date);
}

void forget_empty_buckets(Connection& connection, MailboxId mailbox, const UidSet& removed) {
    std::uint32_t next = 0;
    for (const auto& [first_uid, last_uid] : removed.ranges()) {
        const std::uint32_t first = std::max(next, first_uid.value / bucket_uids);
        const std::uint32_t last = last_uid.value / bucket_uids;
        if (last < first) continue;
        connection.run(
            "DELETE FROM message_bucket WHERE mailbox_id = ? AND bucket BETWEEN ? AND ? AND NOT EXISTS"
            " (SELECT 1 FROM message WHERE message.mailbox_id = message_bucket.mailbox_id"
            "   AND uid BETWEEN bucket << 8 AND (bucket << 8) + 255)",
            mailbox, first, last);
        next = last + 1;
    }
}

void RowRuns::take(Uid uid) {
    if (open_) {
        runs_.back().last = uid;
    } else {
        runs_.push_back({uid, uid});
        open_ = true;
    }
}

void remove_rows(Batch& batch, MailboxId mailbox, const RowRuns& rows, const UidSet& uids, ModSeq modseq) {
    Connection& connection = batch.connection();
    const AccountId account = batch.mailbox(mailbox)->account;
    for (const auto& [first, last] : rows.runs()) {
        note_hidden(connection, account, mailbox, first, last, modseq);
        connection.run(
            "INSERT INTO unreferenced (blob_id) SELECT blob_id FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND "
            "? "
            "ORDER BY blob_id ON CONFLICT DO NOTHING",
            mailbox, first, last);
        connection.run("DELETE FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ?", mailbox, first, last);
    }
    for (const auto& [first, last] : uids.ranges()) {
        connection.run("INSERT INTO expunged (mailbox_id, modseq, first_uid, last_uid) VALUES (?, ?, ?, ?)", mailbox,
                       modseq, first, last);
    }
    forget_empty_buckets(connection, mailbox, uids);
}

void Sums::add(std::uint8_t flags, std::uint64_t size) {
    messages += 1;
    unseen += (flags & system_flag::seen) == 0 ? 1 : 0;
    const bool is_deleted = (flags & system_flag::deleted) != 0;
    deleted += is_deleted ? 1 : 0;
    deleted_octets += is_deleted ? size : 0;
    size_octets += size;
}

void subtract_from_counters(Batch& batch, MailboxId mailbox, const Sums& sums) {
    MailboxCounters& counters = *batch.mailbox(mailbox);
    AccountCounters& account = *batch.account(counters.account);
    counters.messages -= sums.messages;
    counters.unseen -= sums.unseen;
    counters.deleted -= sums.deleted;
    counters.size_octets -= sums.size_octets;
    counters.deleted_octets -= sums.deleted_octets;
    account.messages -= sums.messages;
    account.used_octets -= sums.size_octets;
}

bool expunge_slice(Batch& batch, MailboxId mailbox, const UidSet& targets, bool only_deleted, Expunging& work) {
    auto rows = batch.connection().statement(
        "SELECT uid, flags, size_octets FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid");
    RowRuns runs;
    UidSet uids;
    Sums sums;
    std::size_t scanned = 0;
    bool last_slice = true;
    for (const auto& [first, last] : targets.ranges()) {
        if (last <= work.done) continue;
        runs.skip();
        rows.bind(mailbox, std::max(first, Uid{work.done.value + 1}), last);
        while (last_slice && rows.step()) {
            if (sums.messages == slice_expunges || ++scanned > slice_scanned) {
                last_slice = false;
                break;
            }
            const auto [uid, flags, size] = rows.row<Uid, std::uint8_t, std::uint64_t>();
            work.done = uid;
            if (only_deleted && (flags & system_flag::deleted) == 0) {
                runs.skip();
                continue;
            }
            runs.take(uid);
            uids.insert(uid);
            sums.add(flags, size);
        }
        if (!last_slice) break;
    }
    rows.reset();
    if (sums.messages > 0) {
        remove_rows(batch, mailbox, runs, uids, change_mailbox(batch, mailbox, work.outcome.step));
        subtract_from_counters(batch, mailbox, sums);
        work.outcome.uids.merge(uids);
    }
    return last_slice;
}

}  // namespace storage
