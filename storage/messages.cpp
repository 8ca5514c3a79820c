// Putting messages into mailboxes, changing their flags, expunging them. RFC 9051 §6.3.12, §6.4.3, §6.4.6; MULTIAPPEND:
// RFC 3502; UNCHANGEDSINCE: RFC 7162 §3.1.3; REPLACE: RFC 8508. Copying and moving: copies.cpp; reading:
// message_reads.cpp.
#include "storage/messages.h"

#include <algorithm>
#include <utility>

#include "storage/access.h"
#include "storage/hidden_messages.h"
#include "storage/keywords.h"
#include "storage/message_rows.h"
#include "storage/slices.h"
#include "storage/staging.h"
#include "storage/threads.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using engine::MailboxCounters;
using engine::Octets;

// How many rows one slice of a STORE looks at: about ten milliseconds.
constexpr std::size_t slice_rows = 10'000;

Result<Appended> append(Batch& batch, const TargetMailbox& to, const std::vector<NewMessage>& messages,
                        std::int64_t now, const Actor& actor, const Sums& freed = {}) {
    const Result<MailboxId> found = find_destination(batch, actor, to);
    if (!found) return std::unexpected(found.error());
    const MailboxId mailbox = *found;
    const Result<Rights> rights = check_rights(batch, {mailbox, actor}, right::insert);
    if (!rights) return std::unexpected(rights.error());
    std::uint64_t octets = 0;
    for (const NewMessage& message : messages) octets += message.content.size_octets;
    Result<std::monostate> room = check_room(batch, mailbox, octets, messages.size(), freed);
    if (!room) return std::unexpected(std::move(room.error()));

    Appended appended{
        .mailbox = mailbox, .uid_validity = batch.mailbox(mailbox)->uid_validity, .placed = {}, .step = {}};
    const AccountId account = batch.mailbox(mailbox)->account;
    const ModSeq modseq = change_mailbox(batch, mailbox, appended.step);
    KeywordNumbers numbers(batch, account);
    for (const NewMessage& message : messages) {
        const BlobId content = name_content(batch, account, message.content, message.summary, message.text_sizes);
        own_content(batch, account, content, thread_keys(message.thread_names));
        const NamedFlags flags = allowed_flags(message.flags, *rights);
        Result<KeywordSet> keywords = numbers.set_of(flags.keywords);
        if (!keywords) return std::unexpected(std::move(keywords.error()));
        const MessageRow row{.flags = {flags.system, *std::move(keywords)},
                             .internal_date = message.internal_date,
                             .zone_minutes = message.internal_zone_minutes,
                             .saved_at = now,
                             .size_octets = message.content.size_octets,
                             .blob = content};
        appended.placed.push_back({insert_message(batch, mailbox, row, modseq), modseq});
    }
    return appended;
}

}  // namespace

Operation<Appended> append_messages(TargetMailbox to, std::vector<NewMessage> messages, std::int64_t now, Actor actor) {
    std::size_t octets = 0;
    for (const NewMessage& message : messages) octets += octets_to_write(message.content);
    auto run = [to = std::move(to), messages = std::move(messages), now, actor](
                   Batch& batch) -> std::optional<Result<Appended>> { return append(batch, to, messages, now, actor); };
    return {Durability::synced, std::move(run), octets};
}

namespace {

// One STORE, done slice by slice.
class FlagEdition {
  public:
    FlagEdition(Access access, FlagEdit edit, std::optional<ModSeq> unchanged_since)
        : mailbox_(access.mailbox), edit_(edit), unchanged_since_(unchanged_since), actor_(access.actor) {}

    // Changes at most slice_rows of the next targets; nullopt if there is more to do.
    std::optional<Result<FlagChange>> run(Batch& batch, const UidSet& targets, const NamedFlags& flags);

  private:
    struct Row {
        Uid uid;
        Flags before;
        Flags after;
        ModSeq modseq;
        std::uint64_t size_octets = 0;
        bool changes = false;
        bool adjoins = false;  // there is no other row between the previous one and this
    };
    Result<std::monostate> take_flags(Batch& batch, const NamedFlags& wanted);
    bool read_rows(Connection& connection, const UidSet& targets);
    Flags edited(const Flags& before) const;
    void hide_deleted(Connection& connection, AccountId account, ModSeq modseq) const;
    void show_undeleted(Connection& connection, ModSeq modseq) const;
    void write_runs(Connection& connection, ModSeq modseq) const;
    void write_one(Connection& connection, const Row& row, ModSeq modseq) const;
    void count(MailboxCounters& counters) const;
    void report(ModSeq modseq);

    MailboxId mailbox_;
    FlagEdit edit_;
    std::optional<ModSeq> unchanged_since_;
    Actor actor_;
    Flags flags_;                   // only those that the actor may change
    std::uint8_t changeable_ = 0;   // system flags that the actor may change
    bool keywords_change_ = false;  // and whether it may change keywords
    std::vector<Row> rows_;         // of this slice
    Uid done_{0};                   // targets up to here are done
    FlagChange outcome_;
};

std::optional<Result<FlagChange>> FlagEdition::run(Batch& batch, const UidSet& targets, const NamedFlags& flags) {
    Result<std::monostate> taken = take_flags(batch, flags);
    if (!taken) return std::unexpected(std::move(taken.error()));
    const bool finished = read_rows(batch.connection(), targets);
    ModSeq modseq;
    if (std::ranges::any_of(rows_, &Row::changes)) {
        modseq = change_mailbox(batch, mailbox_, outcome_.step);
        hide_deleted(batch.connection(), batch.mailbox(mailbox_)->account, modseq);
        write_runs(batch.connection(), modseq);
        show_undeleted(batch.connection(), modseq);
        count(*batch.mailbox(mailbox_));
    }
    report(modseq);
    if (!finished) return std::nullopt;
    return std::move(outcome_);
}

// Reduces the flags to those that the actor may change. RFC 4314 §4: it fails only if none is left.
Result<std::monostate> FlagEdition::take_flags(Batch& batch, const NamedFlags& wanted) {
    const Result<Rights> rights = check_rights(batch, {mailbox_, actor_}, right::read);
    if (!rights) return std::unexpected(rights.error());
    changeable_ = changeable_flags(*rights);
    keywords_change_ = (*rights & right::write) != 0;
    const NamedFlags flags = allowed_flags(wanted, *rights);
    const bool replaces = edit_ == FlagEdit::replace;
    const bool asks = replaces || wanted.system != 0 || !wanted.keywords.empty();
    const bool may = replaces ? changeable_ != 0 : flags.system != 0 || !flags.keywords.empty();
    if (asks && !may) return refuse(Reason::not_permitted, "you have not the right to change these flags");

    const AccountId account = batch.mailbox(mailbox_)->account;
    flags_.system = flags.system;
    if (edit_ == FlagEdit::remove) {
        flags_.keywords = known_keywords(batch.connection(), account, flags.keywords);
        return std::monostate();
    }
    Result<KeywordSet> keywords = number_keywords(batch, account, flags.keywords);
    if (!keywords) return std::unexpected(std::move(keywords.error()));
    flags_.keywords = *std::move(keywords);
    return std::monostate();
}

// True if this slice contains the last target.
bool FlagEdition::read_rows(Connection& connection, const UidSet& targets) {
    rows_.clear();
    auto rows = connection.statement(
        "SELECT uid, flags, keywords, modseq, size_octets FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? "
        "ORDER BY uid");
    for (const auto& [first, last] : targets.ranges()) {
        if (last <= done_) continue;
        rows.bind(mailbox_, std::max(first, Uid{done_.value + 1}), last);
        for (bool adjoins = false; rows.step(); adjoins = true) {
            if (rows_.size() == slice_rows) return false;
            Row row;
            row.adjoins = adjoins;
            row.uid = rows.column<Uid>(0);
            row.before.system = rows.column<std::uint8_t>(1);
            if (!rows.is_null(2)) row.before.keywords = KeywordSet(rows.column<std::string>(2));
            row.modseq = rows.column<ModSeq>(3);
            row.size_octets = rows.column<std::uint64_t>(4);
            done_ = row.uid;
            if (unchanged_since_ && row.modseq > *unchanged_since_) {
                outcome_.modified.insert(row.uid);
                row.after = row.before;
            } else {
                row.after = edited(row.before);
                row.changes = row.after != row.before;
            }
            rows_.push_back(std::move(row));
        }
    }
    return true;
}

Flags FlagEdition::edited(const Flags& before) const {
    Flags after = before;
    if (edit_ == FlagEdit::replace) {
        after.system = static_cast<std::uint8_t>((before.system & ~changeable_) | flags_.system);
        if (keywords_change_) after.keywords = flags_.keywords;
    } else if (edit_ == FlagEdit::add) {
        after.system |= flags_.system;
        after.keywords.merge(flags_.keywords);
    } else {
        after.system &= static_cast<std::uint8_t>(~flags_.system);
        after.keywords.subtract(flags_.keywords);
    }
    return after;
}

namespace {

// The rows for which this holds, with no other in between.
template <class Row, class Holds>
RowRuns runs_of(const std::vector<Row>& rows, Holds holds) {
    RowRuns runs;
    for (const Row& row : rows) {
        if (!row.adjoins) runs.skip();
        if (holds(row.before.system & system_flag::deleted, row.after.system & system_flag::deleted)) {
            runs.take(row.uid);
        } else {
            runs.skip();
        }
    }
    return runs;
}

}  // namespace

// Before they are written.
void FlagEdition::hide_deleted(Connection& connection, AccountId account, ModSeq modseq) const {
    const RowRuns runs = runs_of(rows_, [](unsigned before, unsigned after) { return before == 0 && after != 0; });
    for (const auto& [first, last] : runs.runs()) note_hidden(connection, account, mailbox_, first, last, modseq);
}

void FlagEdition::show_undeleted(Connection& connection, ModSeq modseq) const {
    const RowRuns runs = runs_of(rows_, [](unsigned before, unsigned after) { return before != 0 && after == 0; });
    for (const auto& [first, last] : runs.runs()) {
        connection.run("UPDATE message SET shown_modseq = ? WHERE mailbox_id = ? AND uid BETWEEN ? AND ?", modseq,
                       mailbox_, first, last);
    }
}

// If only system flags change, one statement updates a run of rows; rows whose keywords change are written one by one.
void FlagEdition::write_runs(Connection& connection, ModSeq modseq) const {
    RowRuns runs;
    for (const Row& row : rows_) {
        if (!row.adjoins) runs.skip();
        if (row.changes && row.after.keywords == row.before.keywords) {
            runs.take(row.uid);
        } else {
            runs.skip();
            if (row.changes) write_one(connection, row, modseq);
        }
    }
    const unsigned keep =
        edit_ == FlagEdit::add ? 0xff : 0xffU & ~(edit_ == FlagEdit::remove ? flags_.system : changeable_);
    const unsigned set = edit_ == FlagEdit::remove ? 0 : flags_.system;
    for (const auto& [first, last] : runs.runs()) {
        connection.run(
            "UPDATE message SET flags = flags & ? | ?, modseq = ? WHERE mailbox_id = ? AND uid BETWEEN ? AND ?", keep,
            set, modseq, mailbox_, first, last);
    }
    ChangeMarks marks(connection, mailbox_, modseq);
    for (const Row& row : rows_) {
        if (row.changes) marks.mark(row.uid);
    }
}

void FlagEdition::write_one(Connection& connection, const Row& row, ModSeq modseq) const {
    std::optional<Octets> keywords;
    if (!row.after.keywords.empty()) keywords = Octets{row.after.keywords.octets()};
    connection.run("UPDATE message SET flags = ?, keywords = ?, modseq = ? WHERE mailbox_id = ? AND uid = ?",
                   row.after.system, keywords, modseq, mailbox_, row.uid);
}

void FlagEdition::count(MailboxCounters& counters) const {
    for (const Row& row : rows_) {
        const bool was_seen = (row.before.system & system_flag::seen) != 0;
        const bool is_seen = (row.after.system & system_flag::seen) != 0;
        const bool was_deleted = (row.before.system & system_flag::deleted) != 0;
        const bool is_deleted = (row.after.system & system_flag::deleted) != 0;
        if (was_seen && !is_seen) ++counters.unseen;
        if (!was_seen && is_seen) --counters.unseen;
        if (!was_deleted && is_deleted) {
            ++counters.deleted;
            counters.deleted_octets += row.size_octets;
        } else if (was_deleted && !is_deleted) {
            --counters.deleted;
            counters.deleted_octets -= row.size_octets;
        }
    }
}

void FlagEdition::report(ModSeq modseq) {
    for (Row& row : rows_) {
        if (unchanged_since_ && row.modseq > *unchanged_since_) continue;
        outcome_.changed.push_back({row.uid, std::move(row.after), row.changes ? modseq : row.modseq, row.modseq});
    }
    rows_ = std::vector<Row>();  // the next slice may have to wait long: it keeps no memory meanwhile
}

}  // namespace

Operation<FlagChange> change_flags(Access access, UidSet targets, FlagEdit edit, NamedFlags flags,
                                   std::optional<ModSeq> unchanged_since) {
    auto slice = [targets = std::move(targets), flags = std::move(flags)](Batch& batch, FlagEdition& edition) {
        return edition.run(batch, targets, flags);
    };
    return {Durability::prompt, in_slices(FlagEdition(access, edit, unchanged_since), std::move(slice))};
}

namespace {

Operation<Expunged> expunge(Access access, UidSet targets, bool only_deleted, Durability durability) {
    auto slice = [=, targets = std::move(targets)](Batch& batch, Expunging& work) -> std::optional<Result<Expunged>> {
        const Result<Rights> rights = check_rights(batch, access, right::expunge);
        if (!rights) return std::unexpected(rights.error());
        const MailboxId mailbox = access.mailbox;
        const bool some = !only_deleted || batch.mailbox(mailbox)->deleted > 0;
        if (some && !expunge_slice(batch, mailbox, targets, only_deleted, work)) return std::nullopt;
        return std::move(work.outcome);
    };
    return {durability, in_slices(Expunging(), std::move(slice))};
}

}  // namespace

Operation<Expunged> expunge_deleted(Access access, UidSet targets) {
    return expunge(access, std::move(targets), true, Durability::prompt);
}

Operation<Expunged> expunge_messages(Access access, UidSet targets, Durability durability) {
    return expunge(access, std::move(targets), false, durability);
}

namespace {

// The new message first: if the old one cannot be expunged, the whole is rolled back.
Result<Appended> replace(Batch& batch, const Access& access, Uid replaced, MailboxId to,
                         const std::vector<NewMessage>& message, std::int64_t now) {
    const MailboxId from = access.mailbox;
    const MailboxCounters* source = batch.mailbox(from);
    if (source == nullptr) return refuse(Reason::no_such_message, "the message's mailbox is gone");
    const Result<Rights> rights = check_rights(batch, access, right::delete_messages | right::expunge);
    if (!rights) return std::unexpected(rights.error());
    Sums freed;
    {
        auto row =
            batch.connection().statement("SELECT flags, size_octets FROM message WHERE mailbox_id = ? AND uid = ?");
        if (!row.bind(from, replaced).step()) return refuse(Reason::no_such_message, "the message has been expunged");
        freed.add(row.column<std::uint8_t>(0), row.column<std::uint64_t>(1));
    }
    const AccountId source_account = source->account;
    const MailboxCounters* target = batch.mailbox(to);
    const bool same_account = target != nullptr && target->account == source_account;
    Result<Appended> appended = append(batch, to, message, now, access.actor, same_account ? freed : Sums());
    if (!appended) return appended;
    RowRuns rows;
    rows.take(replaced);
    remove_rows(batch, from, rows, UidSet{replaced}, batch.change_mailbox(from));
    subtract_from_counters(batch, from, freed);
    return appended;
}

}  // namespace

Operation<Appended> replace_message(Access from, Uid replaced, MailboxId to, NewMessage message, std::int64_t now) {
    const std::size_t octets = octets_to_write(message.content);
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    auto run = [=, messages = std::move(messages)](Batch& batch) -> std::optional<Result<Appended>> {
        return replace(batch, from, replaced, to, messages, now);
    };
    return {Durability::synced, std::move(run), octets};
}

}  // namespace storage
