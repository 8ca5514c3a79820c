// Copying and moving messages between mailboxes, also of two accounts. RFC 9051 §6.4.7, RFC 6851.
#include <algorithm>
#include <utility>

#include "storage/access.h"
#include "storage/keywords.h"
#include "storage/message_rows.h"
#include "storage/messages.h"
#include "storage/slices.h"
#include "storage/staging.h"
#include "storage/threads.h"

namespace storage {

namespace {

using engine::Batch;

// How many messages one slice of a move handles.
constexpr std::size_t slice_moves = 2'000;

struct Source {
    Uid uid;
    MessageRow row;
};

// The rows of targets after `done`, at most `most`, in ascending order.
std::vector<Source> read_sources(engine::Connection& connection, MailboxId mailbox, const UidSet& targets, Uid done,
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

// Both mailboxes, and the actor's rights on the destination (RFC 4314 §4).
struct Ends {
    AccountId source_account;
    MailboxId to;
    Rights rights;
};

// Inserts the rows into the destination; with `frees` (a move) space freed in the same account counts for the quota.
Result<std::monostate> insert_copies(Batch& batch, const Ends& ends, std::vector<Source>& sources, bool frees,
                                     std::int64_t now, Copied& copied) {
    const auto& [source_account, to, rights] = ends;
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
    return std::monostate();
}

// Removes the moved rows from the source. The new rows refer to the same contents; if these are another account's, the
// sweep sees whether the source's account still has them.
void remove_sources(Batch& batch, MailboxId from, const std::vector<Source>& sources, bool same_account,
                    ModSeqStep& step) {
    engine::Connection& connection = batch.connection();
    UidSet uids;
    Sums sums;
    for (const Source& source : sources) {
        uids.insert(source.uid);
        sums.add(source.row.flags.system, source.row.size_octets);
        if (!same_account) unreference(connection, source.row.blob);
    }
    const ModSeq modseq = change_mailbox(batch, from, step);
    for (const auto& [first, last] : uids.ranges()) {
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
    return Ends{.source_account = batch.mailbox(from.mailbox)->account, .to = *to, .rights = *rights};
}

void begin(Batch& batch, MailboxId to, Copied& copied) {
    copied.mailbox = to;
    copied.uid_validity = batch.mailbox(to)->uid_validity;
}

Result<Copied> copy_all(Batch& batch, const Access& from, const UidSet& targets, const TargetMailbox& destination,
                        std::int64_t now) {
    const Result<Ends> ends = find_ends(batch, from, destination, false);
    if (!ends) return std::unexpected(ends.error());
    Copied copied;
    begin(batch, ends->to, copied);
    std::vector<Source> sources = read_sources(batch.connection(), from.mailbox, targets, Uid{0}, SIZE_MAX);
    if (sources.empty()) return copied;
    Result<std::monostate> inserted = insert_copies(batch, *ends, sources, false, now, copied);
    if (!inserted) return std::unexpected(std::move(inserted.error()));
    return copied;
}

// One slice of a move, after the last UID in `copied`; nullopt if there is more. Later slices use the same destination.
std::optional<Result<Copied>> move_slice(Batch& batch, const Access& access, const UidSet& targets,
                                         const TargetMailbox& destination, std::int64_t now, Copied& copied) {
    const MailboxId from = access.mailbox;
    const bool begun = !copied.from.empty();
    const Result<Ends> ends = find_ends(batch, access, begun ? TargetMailbox(copied.mailbox) : destination, true);
    if (!ends) return std::unexpected(ends.error());
    begin(batch, ends->to, copied);
    const Uid done = begun ? copied.from.back() : Uid{0};
    // A move into the same mailbox must not move again the messages that it has just inserted.
    std::vector<Source> sources = read_sources(batch.connection(), from, targets, done, slice_moves);
    if (from == ends->to && begun) {
        std::erase_if(sources, [&](const Source& source) { return source.uid >= copied.to.front(); });
    }
    if (sources.empty()) return std::move(copied);
    const bool last = sources.size() < slice_moves;
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
    auto run = [=, to = std::move(to), targets = std::move(targets)](Batch& batch) -> std::optional<Result<Copied>> {
        return copy_all(batch, from, targets, to, now);
    };
    return {Durability::synced, std::move(run)};
}

Operation<Copied> move_messages(Access from, UidSet targets, TargetMailbox to, std::int64_t now) {
    auto slice = [=, to = std::move(to), targets = std::move(targets)](Batch& batch, Copied& copied) {
        return move_slice(batch, from, targets, to, now, copied);
    };
    return {Durability::synced, in_slices(Copied(), std::move(slice))};
}

}  // namespace storage
