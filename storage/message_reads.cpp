// Reading mailboxes and messages for sessions: each query is one snapshot. RFC 9051 §6.3.2, §6.4.5; RFC 7162 §3.2.6.
#include <algorithm>
#include <utility>

#include "storage/access.h"
#include "storage/engine/connection.h"
#include "storage/messages.h"
#include "storage/object_id_sealer.h"

namespace storage {

namespace {

using engine::Connection;
using engine::Statement;

// The columns of the mailbox's row that concern its messages.
struct Head {
    Uid uid_next;
    ModSeq highest_modseq;
    ModSeq expunged_floor;
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    AccountId owner;
};

// Rights are checked with it, so that no query on messages can be made without them.
Result<Head> read_head(Connection& connection, const Access& access) {
    auto rows = connection.statement(
        "SELECT uid_next, highest_modseq, expunged_floor, messages, unseen, account_id FROM mailbox WHERE id = ?");
    if (!rows.bind(access.mailbox).step()) return not_readable();
    const Head head{rows.column<Uid>(0),           rows.column<ModSeq>(1),        rows.column<ModSeq>(2),
                    rows.column<std::uint32_t>(3), rows.column<std::uint32_t>(4), rows.column<AccountId>(5)};
    if (!access.actor) return head;
    if ((rights_on(connection, *access.actor, head.owner, access.mailbox) & right::read) == 0) return not_readable();
    return head;
}

// Finds out which UIDs exist. A stretch without holes is counted by SQL, which costs a third of fetching each row. If
// the last stretch had holes, the next is fetched row by row at once.
class UidWalk {
  public:
    UidWalk(Connection& connection, MailboxId mailbox)
        : mailbox_(mailbox),
          next_(connection.statement("SELECT uid FROM message WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT 1")),
          count_(connection.statement(
              "SELECT count(*), max(uid) FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ?")),
          rows_(connection.statement("SELECT uid FROM message WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?")) {
    }

    UidSet walk() {
        while (next_.bind(mailbox_, done_).step()) {
            const Uid first = next_.column<Uid>(0);
            if (!dense_ || !count(first)) fetch();
        }
        return std::move(uids_);
    }

  private:
    static constexpr std::int64_t stretch = 1024;

    // Adds a stretch as one range; false, and nothing is added, if it has holes.
    bool count(Uid first) {
        count_.bind(mailbox_, first, std::int64_t{first.value} + stretch - 1).step();
        const auto [rows, last] = count_.row<std::uint32_t, Uid>();
        dense_ = rows == last.value - first.value + 1;
        if (!dense_) return false;
        uids_.insert(first, last);
        done_ = last;
        return true;
    }

    void fetch() {
        const Uid before = done_;
        std::int64_t rows = 0;
        for (rows_.bind(mailbox_, done_, stretch); rows_.step(); ++rows) {
            done_ = rows_.column<Uid>(0);
            uids_.insert(done_);
        }
        dense_ = std::int64_t{done_.value} - before.value == rows;
    }

    MailboxId mailbox_;
    Statement next_;
    Statement count_;
    Statement rows_;
    UidSet uids_;
    Uid done_{0};
    bool dense_ = true;
};

UidSet existing_uids(Connection& connection, MailboxId mailbox, const Head& head) {
    // Nothing was ever expunged: no need to look at the rows.
    if (head.messages > 0 && head.uid_next.value == head.messages + 1) {
        UidSet uids;
        uids.insert(Uid{1}, Uid{head.messages});
        return uids;
    }
    if (head.messages == 0) return {};
    return UidWalk(connection, mailbox).walk();
}

std::optional<Uid> first_unseen(Connection& connection, MailboxId mailbox, const Head& head) {
    if (head.unseen == 0) return std::nullopt;
    auto row =
        connection.statement("SELECT uid FROM message WHERE mailbox_id = ? AND flags & 1 = 0 ORDER BY uid LIMIT 1");
    if (!row.bind(mailbox).step()) return std::nullopt;
    return row.column<Uid>(0);
}

// Where a SELECT of messages gets its columns. Parameters, if the ids are read: the owner first.
std::string select_messages(MessageParts parts, bool changed_since) {
    std::string sql =
        "SELECT uid, flags, keywords, message.modseq, internal_date, zone_minutes, saved_at, size_octets,"
        " message.blob_id";
    sql += parts.summary ? ", summary" : ", NULL";
    if (parts.ids) sql += ", ids, thread_id";
    // Only buckets with changes are searched.
    sql += changed_since ? " FROM message_bucket CROSS JOIN message ON message.mailbox_id = message_bucket.mailbox_id"
                         : " FROM message";
    if (parts.summary) sql += " LEFT JOIN message_summary ON message_summary.blob_id = message.blob_id";
    if (parts.ids) {
        sql +=
            " LEFT JOIN account_content ON account_content.blob_id = message.blob_id"
            " AND account_content.account_id = ?";
    }
    if (!changed_since) return sql + " WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid LIMIT ?";
    return sql +
           " WHERE message_bucket.mailbox_id = ? AND bucket BETWEEN ? >> 8 AND ? >> 8 AND message_bucket.modseq > ?"
           "   AND uid BETWEEN max(bucket << 8, ?) AND min((bucket << 8) + 255, ?) AND message.modseq > ?"
           " ORDER BY bucket, uid LIMIT ?";
}

// Reads rows of messages: one statement, bound again for each range of UIDs.
class MessageScan {
  public:
    MessageScan(Connection& connection, MailboxId mailbox, AccountId owner, MessageParts parts, ModSeq since)
        : mailbox_(mailbox),
          owner_(owner),
          parts_(parts),
          since_(since),
          rows_(connection.statement(select_messages(parts, since.value > 0))) {
        if (parts.ids) sealer_.emplace(connection);
    }

    void begin(Uid first, Uid last, std::uint64_t most) {
        const auto bind = [&](const auto&... more) {
            if (parts_.ids) {
                rows_.bind(owner_, mailbox_, more...);
            } else {
                rows_.bind(mailbox_, more...);
            }
        };
        if (since_.value > 0) {
            bind(first, last, since_, first, last, since_, most);
        } else {
            bind(first, last, most);
        }
    }
    bool step() { return rows_.step(); }

    ScannedRow row() const {
        ScannedRow row{.uid = rows_.column<Uid>(0),
                       .system_flags = rows_.column<std::uint8_t>(1),
                       .keywords = rows_.column<std::string_view>(2),
                       .modseq = rows_.column<ModSeq>(3),
                       .internal_date = rows_.column<std::int64_t>(4),
                       .internal_zone_minutes = rows_.column<std::int32_t>(5),
                       .saved_at = rows_.column<std::int64_t>(6),
                       .size_octets = rows_.column<std::uint64_t>(7),
                       .blob = rows_.column<BlobId>(8),
                       .summary = rows_.column<std::string_view>(9),
                       .ids = {}};
        if (sealer_) {
            row.ids =
                sealer_->ids(rows_.column<ContentIds>(10), rows_.column<ThreadId>(11), row.blob, row.internal_date);
        }
        return row;
    }

  private:
    MailboxId mailbox_;
    AccountId owner_;
    MessageParts parts_;
    ModSeq since_;
    Statement rows_;
    std::optional<ObjectIdSealer> sealer_;
};

std::size_t show_targets(MessageScan& scan, const UidSet& targets, std::size_t most, const SeeMessage& see) {
    std::size_t shown = 0;
    for (const auto& [first, last] : targets.ranges()) {
        if (shown >= most) break;
        scan.begin(first, last, most - shown);
        while (scan.step()) {
            ++shown;
            if (!see(scan.row())) return shown;
        }
    }
    return shown;
}

std::vector<Message> select_targets(MessageScan& scan, const UidSet& targets, std::size_t most) {
    std::vector<Message> messages;
    show_targets(scan, targets, most, [&](const ScannedRow& row) {
        messages.push_back({.uid = row.uid,
                            .flags = row.flags(),
                            .modseq = row.modseq,
                            .internal_date = row.internal_date,
                            .internal_zone_minutes = row.internal_zone_minutes,
                            .saved_at = row.saved_at,
                            .size_octets = row.size_octets,
                            .blob = row.blob,
                            .summary = std::string(row.summary),
                            .ids = row.ids});
        return true;
    });
    return messages;
}

// Of all messages of the mailbox.
KeywordSet used_keywords(Connection& connection, MailboxId mailbox) {
    KeywordSet used;
    auto rows = connection.statement(
        "SELECT DISTINCT keywords FROM message WHERE mailbox_id = ? AND keywords IS NOT NULL ORDER BY keywords");
    for (rows.bind(mailbox); rows.step();) used.merge(KeywordSet(rows.column<std::string>(0)));
    return used;
}

// All UIDs below UIDNEXT that do not exist: the expunged ones, if it is no longer recorded when.
UidSet missing_uids(Connection& connection, MailboxId mailbox, const Head& head) {
    UidSet missing;
    Uid next{1};
    for (const auto& [first, last] : existing_uids(connection, mailbox, head).ranges()) {
        if (next < first) missing.insert(next, Uid{first.value - 1});
        next = Uid{last.value + 1};
    }
    if (next < head.uid_next) missing.insert(next, Uid{head.uid_next.value - 1});
    return missing;
}

UidSet vanished_since(Connection& connection, MailboxId mailbox, const Head& head, ModSeq since) {
    if (since < head.expunged_floor) return missing_uids(connection, mailbox, head);
    UidSet vanished;
    auto rows = connection.statement(
        "SELECT first_uid, last_uid FROM expunged WHERE mailbox_id = ? AND modseq > ? ORDER BY first_uid");
    rows.bind(mailbox, since);
    while (rows.step()) vanished.insert(rows.column<Uid>(0), rows.column<Uid>(1));
    return vanished;
}

}  // namespace

Query<UidSet> mailbox_uids(Access access) {
    return [=](Snapshot& snapshot) -> Result<UidSet> {
        Connection& connection = engine::connection_of(snapshot);

        Result<Head> head = read_head(connection, access);
        if (!head) return std::unexpected(std::move(head.error()));
        return existing_uids(connection, access.mailbox, *head);
    };
}

Query<MailboxView> view_mailbox(Access access) {
    return [=](Snapshot& snapshot) -> Result<MailboxView> {
        Connection& connection = engine::connection_of(snapshot);

        Result<Head> head = read_head(connection, access);
        if (!head) return std::unexpected(std::move(head.error()));
        return MailboxView{.uids = existing_uids(connection, access.mailbox, *head),
                           .uid_next = head->uid_next,
                           .highest_modseq = head->highest_modseq,
                           .first_unseen = first_unseen(connection, access.mailbox, *head)};
    };
}

Query<std::vector<Message>> read_messages(Access access, UidSet targets, MessageParts parts, std::size_t most,
                                          ModSeq changed_since) {
    return [=, targets = std::move(targets)](Snapshot& snapshot) -> Result<std::vector<Message>> {
        Connection& connection = engine::connection_of(snapshot);

        Result<Head> head = read_head(connection, access);
        if (!head) return std::unexpected(std::move(head.error()));
        if (changed_since >= head->highest_modseq) return std::vector<Message>();
        MessageScan scan(connection, access.mailbox, head->owner, parts, changed_since);
        return select_targets(scan, targets, most);
    };
}

Query<std::size_t> scan_messages(Access access, UidSet targets, MessageParts parts, std::size_t most,
                                 ModSeq changed_since, SeeMessage see) {
    return [=, targets = std::move(targets), see = std::move(see)](Snapshot& snapshot) -> Result<std::size_t> {
        Connection& connection = engine::connection_of(snapshot);

        Result<Head> head = read_head(connection, access);
        if (!head) return std::unexpected(std::move(head.error()));
        if (changed_since >= head->highest_modseq) return 0;
        MessageScan scan(connection, access.mailbox, head->owner, parts, changed_since);
        return show_targets(scan, targets, most, see);
    };
}

Query<MailboxChanges> mailbox_changes(Access access, ModSeq since) {
    return [=](Snapshot& snapshot) -> Result<MailboxChanges> {
        Connection& connection = engine::connection_of(snapshot);

        Result<Head> head = read_head(connection, access);
        if (!head) return std::unexpected(std::move(head.error()));
        MailboxChanges changes{
            .highest_modseq = head->highest_modseq, .uid_next = head->uid_next, .vanished = {}, .changed = {}};
        if (since >= head->highest_modseq) return changes;
        changes.vanished = vanished_since(connection, access.mailbox, *head, since);
        MessageScan scan(connection, access.mailbox, head->owner, false, since);
        show_targets(scan, UidSet::all(), SIZE_MAX, [&changes](const ScannedRow& row) {
            changes.changed.push_back({.uid = row.uid, .flags = row.flags(), .modseq = row.modseq});
            return true;
        });
        return changes;
    };
}

Query<UidSet> expunged_uids(Access access, UidSet targets, ModSeq since) {
    return [=, targets = std::move(targets)](Snapshot& snapshot) -> Result<UidSet> {
        Connection& connection = engine::connection_of(snapshot);

        Result<Head> head = read_head(connection, access);
        if (!head) return std::unexpected(std::move(head.error()));
        if (since >= head->highest_modseq) return UidSet();
        return vanished_since(connection, access.mailbox, *head, since).intersected(targets);
    };
}

Query<std::vector<std::string>> list_keywords(Access access) {
    return [=](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        Connection& connection = engine::connection_of(snapshot);

        const Result<Head> head = read_head(connection, access);
        if (!head) return std::unexpected(head.error());
        std::vector<std::string> names;
        auto rows = connection.statement("SELECT name FROM keyword WHERE account_id = ? ORDER BY number");
        rows.bind(head->owner);
        while (rows.step()) names.push_back(rows.column<std::string>(0));
        if (!access.actor || *access.actor == head->owner || names.empty()) return names;
        const KeywordSet used = used_keywords(connection, access.mailbox);
        for (std::uint32_t number = 0; number < names.size(); ++number) {
            if (!used.contains(number)) names[number].clear();
        }
        return names;
    };
}

Query<std::vector<MessageTextSizes>> read_text_sizes(Access access) {
    return [access](Snapshot& snapshot) -> Result<std::vector<MessageTextSizes>> {
        Connection& connection = engine::connection_of(snapshot);

        Result<std::monostate> readable = check_reading(connection, access);
        if (!readable) return std::unexpected(std::move(readable.error()));
        auto rows = connection.statement(
            "SELECT uid, octets, ascii_octets FROM message JOIN text_size ON text_size.blob_id = message.blob_id"
            " WHERE mailbox_id = ? ORDER BY uid");
        std::vector<MessageTextSizes> found;
        for (rows.bind(access.mailbox); rows.step();) {
            found.push_back({.uid = rows.column<Uid>(0),
                             .sizes = {.octets = rows.column<std::uint64_t>(1),
                                       .ascii_octets = rows.column<std::optional<std::uint64_t>>(2)}});
        }
        return found;
    };
}

}  // namespace storage
