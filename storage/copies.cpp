// Copying and moving messages between mailboxes, also of two accounts. RFC 9051 §6.4.7, RFC 6851. Both in slices, so
// that others need not wait; a copy remembers in its destination's account what it must take back if a later slice
// fails.
#include "storage/copies.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "storage/access.h"
#include "storage/engine/transaction.h"
#include "storage/filing.h"
#include "storage/hidden_messages.h"
#include "storage/keywords.h"
#include "storage/message_rows.h"
#include "storage/messages.h"
#include "storage/slices.h"
#include "storage/staging.h"
#include "storage/threads.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

// How many messages one slice handles, and how many it counts before a copy begins.
constexpr std::size_t slice_messages = 2'000;
constexpr std::size_t slice_counted = 50'000;

struct Source {
    Uid uid;
    MessageRow row;
};

// The rows of targets after `done`, at most `most`, in ascending order.
std::vector<Source> read_sources(Connection& connection, MailboxId mailbox, const UidSet& targets, Uid done,
                                 std::size_t most) {
    std::vector<Source> sources;
    auto rows = connection.statement(
        "SELECT uid, flags, keywords, internal_date, zone_minutes, size_octets, blob_id FROM message "
        "WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid");
    for (const auto& [first, last] : targets.ranges()) {
        if (last <= done) continue;
        rows.bind(mailbox, std::max(first, Uid{done.value + 1}), last);
        while (rows.step()) {
            if (sources.size() == most) return sources;
            Source source;
            source.uid = rows.column<Uid>(0);
            source.row.flags.system = rows.column<std::uint8_t>(1);
            if (!rows.is_null(2)) source.row.flags.keywords = KeywordSet(rows.column<std::string>(2));
            source.row.internal_date = rows.column<std::int64_t>(3);
            source.row.zone_minutes = rows.column<std::int32_t>(4);
            source.row.size_octets = rows.column<std::uint64_t>(5);
            source.row.blob = rows.column<BlobId>(6);
            sources.push_back(std::move(source));
        }
    }
    return sources;
}

// Both mailboxes, the actor's rights on the destination (RFC 4314 §4), and whether the actor owns the source.
struct Ends {
    AccountId source_account;
    MailboxId from;
    MailboxId to;
    Rights rights;
    bool by_owner;
};

// Inserts the rows into the destination; with `frees` (a move) space freed in the same account counts for the quota.
Result<std::monostate> insert_copies(Batch& batch, const Ends& ends, std::vector<Source>& sources, bool frees,
                                     std::int64_t now, Copied& copied) {
    const auto& [source_account, from, to, rights, by_owner] = ends;
    const AccountId account = batch.mailbox(to)->account;
    Sums sums;
    for (const Source& source : sources) sums.add(source.row.flags.system, source.row.size_octets);
    const Sums freed = frees && account == source_account ? sums : Sums();
    Result<std::monostate> room = check_room(batch, to, sums.size_octets, sources.size(), freed);
    if (!room) return room;
    KeywordTranslation translate(batch, source_account, account);
    const ModSeq modseq = change_mailbox(batch, to, copied.destination_step);
    for (Source& source : sources) {
        source.row.flags.system &= changeable_flags(rights);
        if ((rights & right::write) == 0) source.row.flags.keywords = {};
        Result<KeywordSet> keywords = translate(source.row.flags.keywords);
        if (!keywords) return std::unexpected(std::move(keywords.error()));
        source.row.flags.keywords = *std::move(keywords);
        if (account != source_account) own_copied_content(batch, source_account, account, source.row.blob);
        source.row.saved_at = now;
        copied.from.push_back(source.uid);
        copied.to.push_back(insert_message(batch, to, source.row, modseq));
    }
    if (by_owner && account == source_account) {
        std::vector<BlobId> contents;
        for (const Source& source : sources) contents.push_back(source.row.blob);
        note_filing(batch.connection(), account, from, to, contents, now);
    }
    return std::monostate();
}

// Removes the moved rows from the source. The new rows refer to the same contents; if these are another account's, the
// sweep sees whether the source's account still has them.
void remove_sources(Batch& batch, MailboxId from, const std::vector<Source>& sources, bool same_account,
                    ModSeqStep& step) {
    Connection& connection = batch.connection();
    UidSet uids;
    Sums sums;
    for (const Source& source : sources) {
        uids.insert(source.uid);
        sums.add(source.row.flags.system, source.row.size_octets);
        if (!same_account) unreference(connection, source.row.blob);
    }
    const ModSeq modseq = change_mailbox(batch, from, step);
    const AccountId account = batch.mailbox(from)->account;
    for (const auto& [first, last] : uids.ranges()) {
        note_hidden(connection, account, from, first, last, modseq);
        connection.run("DELETE FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ?", from, first, last);
        connection.run("INSERT INTO expunged (mailbox_id, modseq, first_uid, last_uid) VALUES (?, ?, ?, ?)", from,
                       modseq, first, last);
    }
    forget_empty_buckets(connection, from, uids);
    subtract_from_counters(batch, from, sums);
}

// Both mailboxes, or a refusal. TRYCREATE needs the destination's no_such_mailbox, so that is checked first, and no
// refusal about the source is the same.
Result<Ends> find_ends(Batch& batch, const Access& from, const TargetMailbox& destination, bool move) {
    constexpr Rights of_move = right::delete_messages | right::expunge;
    const Result<MailboxId> to = find_destination(batch, from.actor, destination);
    if (!to) return std::unexpected(to.error());
    const Result<Rights> rights = check_rights(batch, {*to, from.actor}, right::insert);
    if (!rights) return std::unexpected(rights.error());
    const Result<Rights> source = check_rights(batch, from, move ? of_move : right::read);
    if (!source) return refuse(Reason::not_permitted, "the messages may not be taken: " + source.error().text);
    return Ends{.source_account = batch.mailbox(from.mailbox)->account,
                .from = from.mailbox,
                .to = *to,
                .rights = *rights,
                .by_owner = from.actor && *from.actor == batch.mailbox(from.mailbox)->account};
}

void begin(Batch& batch, MailboxId to, Copied& copied) {
    copied.mailbox = to;
    copied.uid_validity = batch.mailbox(to)->uid_validity;
}

// The rows of the next slice, after the last UID in `copied`: in a mailbox that gets its own messages, none of those
// that it has just got.
std::vector<Source> next_sources(Connection& connection, MailboxId from, const UidSet& targets, const Copied& copied) {
    if (copied.from.empty()) return read_sources(connection, from, targets, Uid{0}, slice_messages);
    std::vector<Source> sources = read_sources(connection, from, targets, copied.from.back(), slice_messages);
    if (from == copied.mailbox) {
        std::erase_if(sources, [&](const Source& source) { return source.uid >= copied.to.front(); });
    }
    return sources;
}

// A copy of more messages than one slice holds.
struct Copying {
    Copied copied;
    Sums wanted;     // of the targets up to `counted`
    Uid counted{0};  // they are counted before any is copied
};

// Counts more targets; true if these were the last.
bool count_sources(Connection& connection, MailboxId mailbox, const UidSet& targets, Copying& work) {
    auto rows = connection.statement(
        "SELECT uid, flags, size_octets FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid");
    std::size_t counted = 0;
    for (const auto& [first, last] : targets.ranges()) {
        if (last <= work.counted) continue;
        rows.bind(mailbox, std::max(first, Uid{work.counted.value + 1}), last);
        while (rows.step()) {
            if (++counted > slice_counted) return false;
            work.counted = rows.column<Uid>(0);
            work.wanted.add(rows.column<std::uint8_t>(1), rows.column<std::uint64_t>(2));
        }
    }
    return true;
}

// Remembers the last `count` copies. An id of the sequence that blobs have too tells the copy from others.
void remember_copies(Batch& batch, const Copied& copied, std::size_t count, std::int64_t& copy_id) {
    if (copy_id == 0) copy_id = batch.next_blob_id().value;
    batch.connection().run("INSERT INTO unfinished_copy (copy_id, first_uid, last_uid, mailbox_id) VALUES (?, ?, ?, ?)",
                           copy_id, copied.to[copied.to.size() - count], copied.to.back(), copied.mailbox);
}

// One slice of a copy, after the last UID in `work`; nullopt if there is more. Whether there is room for all is known
// before the first is copied, but others may take it meanwhile.
std::optional<Result<Copied>> copy_slice(Batch& batch, const Access& access, const UidSet& targets,
                                         const TargetMailbox& destination, std::int64_t now, Copying& work,
                                         std::int64_t& copy_id) {
    Copied& copied = work.copied;
    const bool begun = !copied.from.empty();
    const Result<Ends> ends = find_ends(batch, access, begun ? TargetMailbox(copied.mailbox) : destination, false);
    if (!ends) return std::unexpected(ends.error());
    begin(batch, ends->to, copied);
    std::vector<Source> sources = next_sources(batch.connection(), access.mailbox, targets, copied);
    const bool last = sources.size() < slice_messages;
    if (!begun && !last) {
        if (!count_sources(batch.connection(), access.mailbox, targets, work)) return std::nullopt;
        Result<std::monostate> room = check_room(batch, ends->to, work.wanted.size_octets, work.wanted.messages);
        if (!room) return std::unexpected(std::move(room.error()));
    }
    if (!sources.empty()) {
        Result<std::monostate> inserted = insert_copies(batch, *ends, sources, false, now, copied);
        if (!inserted) return std::unexpected(std::move(inserted.error()));
    }
    if (!last) {
        remember_copies(batch, copied, sources.size(), copy_id);
        return std::nullopt;
    }
    if (begun) batch.connection().run("DELETE FROM unfinished_copy WHERE copy_id = ?", copy_id);
    return std::move(copied);
}

// Expunges what one slice of this copy has put into its destination; true if there is none left.
bool take_back_slice(Batch& batch, std::int64_t copy_id) {
    Connection& connection = batch.connection();
    auto found = connection.statement(
        "SELECT mailbox_id, first_uid, last_uid FROM unfinished_copy WHERE copy_id = ? ORDER BY first_uid LIMIT 1");
    if (!found.bind(copy_id).step()) return true;
    const auto [mailbox, first, last] = found.row<MailboxId, Uid, Uid>();
    found.reset();
    UidSet uids;
    uids.insert(first, last);
    const std::vector<Source> copies = read_sources(connection, mailbox, uids, Uid{0}, SIZE_MAX);
    ModSeqStep step;
    if (!copies.empty()) remove_sources(batch, mailbox, copies, false, step);
    connection.run("DELETE FROM unfinished_copy WHERE copy_id = ? AND first_uid = ?", copy_id, first);
    return false;
}

std::optional<std::int64_t> any_unfinished_copy(Connection& connection) {
    auto found = connection.statement("SELECT copy_id FROM unfinished_copy ORDER BY copy_id LIMIT 1");
    if (!found.step()) return std::nullopt;
    return found.integer(0);
}

// One slice of a move, after the last UID in `copied`; nullopt if there is more. Later slices use the same destination.
std::optional<Result<Copied>> move_slice(Batch& batch, const Access& access, const UidSet& targets,
                                         const TargetMailbox& destination, std::int64_t now, Copied& copied) {
    const MailboxId from = access.mailbox;
    const bool begun = !copied.from.empty();
    const Result<Ends> ends = find_ends(batch, access, begun ? TargetMailbox(copied.mailbox) : destination, true);
    if (!ends) return std::unexpected(ends.error());
    begin(batch, ends->to, copied);
    std::vector<Source> sources = next_sources(batch.connection(), from, targets, copied);
    if (sources.empty()) return std::move(copied);
    const bool last = sources.size() < slice_messages;
    const std::vector<Source> originals = sources;
    Result<std::monostate> inserted = insert_copies(batch, *ends, sources, true, now, copied);
    if (!inserted) return std::unexpected(std::move(inserted.error()));
    const bool same_account = batch.mailbox(ends->to)->account == ends->source_account;
    remove_sources(batch, from, originals, same_account, copied.source_step);
    if (!last) return std::nullopt;
    return std::move(copied);
}

}  // namespace

Operation<Copied> copy_messages(Access from, UidSet targets, TargetMailbox to, std::int64_t now) {
    const auto copy_id = std::make_shared<std::int64_t>(0);
    auto slice = [=, to = std::move(to), targets = std::move(targets)](Batch& batch, Copying& work) {
        return copy_slice(batch, from, targets, to, now, work, *copy_id);
    };
    return {.durability = Durability::synced,
            .run = in_slices(Copying(), std::move(slice)),
            .take_back = [copy_id](Batch& batch) { return take_back_slice(batch, *copy_id); }};
}

Operation<Copied> move_messages(Access from, UidSet targets, TargetMailbox to, std::int64_t now) {
    auto slice = [=, to = std::move(to), targets = std::move(targets)](Batch& batch, Copied& copied) {
        return move_slice(batch, from, targets, to, now, copied);
    };
    return {Durability::synced, in_slices(Copied(), std::move(slice))};
}

void take_back_copies(Connection& connection, const StoreOptions& options) {
    while (const std::optional<std::int64_t> copy_id = any_unfinished_copy(connection)) {
        engine::Transaction transaction(connection);
        Batch batch(connection, options);
        batch.begin_operation();
        take_back_slice(batch, *copy_id);
        batch.keep_operation();
        batch.write_counters();
        transaction.commit();
    }
}

}  // namespace storage
