// Messages in mailboxes: append, flags, expunge, copy, move, and what FETCH and POP3 read. All of these need the
// actor's rights on the mailbox (RFC 4314 §4). Operations: without the right to set a flag, that flag is left out;
// without the right to the operation, it is refused (not_permitted, or no_such_mailbox if the actor may not even see
// the mailbox). Queries need `read`, and else refuse no_such_mailbox, as if it were gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/contents.h"
#include "storage/object_ids.h"
#include "storage/query.h"
#include "storage/rights.h"

namespace storage {

// A message to be put into a mailbox.
struct NewMessage {
    StagedBlob content;
    std::string summary;                    // mime::encode_summary of the content; opaque to the store
    std::vector<std::string> thread_names;  // mime::thread_names of it
    TextSizes text_sizes;
    NamedFlags flags;
    std::int64_t internal_date = 0;          // Unix seconds
    std::int32_t internal_zone_minutes = 0;  // as the client gave it in APPEND
};

// The target of messages: a mailbox, or the actor's name for one.
using TargetMailbox = std::variant<MailboxId, std::string>;

// Where a message was put.
struct Placed {
    Uid uid;
    ModSeq modseq;
};
struct Appended {
    MailboxId mailbox;
    std::uint32_t uid_validity = 0;
    std::vector<Placed> placed;
    ModSeqStep step;
};
// All or none (RFC 3502). Needs `insert`. Refuses no_such_mailbox, invalid_name, over_quota, too_many (keywords),
// not_permitted.
Operation<Appended> append_messages(TargetMailbox to, std::vector<NewMessage> messages, std::int64_t now, Actor actor);

// Puts the message into `to` and expunges `replaced` from `from`, in one commit (RFC 8508 §3.4): if one account has
// both, only the difference counts for its quota. Needs `insert` on the target, `delete_messages` and `expunge` on the
// source. Refuses like append_messages for the target; no_such_message, not_permitted.
Operation<Appended> replace_message(Access from, Uid replaced, MailboxId to, NewMessage message, std::int64_t now);

enum class FlagEdit { add, remove, replace };
struct FlagChange {
    struct Changed {
        Uid uid;
        Flags flags;
        ModSeq modseq;
        ModSeq before;  // the one it had
    };
    std::vector<Changed> changed;  // every existing target, ascending; unchanged ones keep their modseq
    UidSet modified;               // failed UNCHANGEDSINCE (RFC 7162 §3.1.3)
    ModSeqStep step;
};
// Prompt. Needs `read`, since it tells all flags. Flags that the actor may not change keep their value. Refuses
// no_such_mailbox, too_many (keywords), not_permitted (if it may change none of them).
Operation<FlagChange> change_flags(Access access, UidSet targets, FlagEdit edit, NamedFlags flags,
                                   std::optional<ModSeq> unchanged_since = std::nullopt);

struct Expunged {
    UidSet uids;
    ModSeqStep step;
};
// Expunges the messages among targets that are \Deleted. Prompt. Needs `expunge`.
Operation<Expunged> expunge_deleted(Access access, UidSet targets);
// Expunges targets, whatever their flags.
Operation<Expunged> expunge_messages(Access access, UidSet targets, Durability durability);

struct Copied {
    MailboxId mailbox;               // where the copies are
    std::uint32_t uid_validity = 0;  // of that mailbox
    std::vector<Uid> from;           // ascending; the targets that existed
    std::vector<Uid> to;             // in the same order
    ModSeqStep destination_step;
    ModSeqStep source_step;  // of a move
};
// A copy is all or none: one of many messages is done in slices, which others may see, and taken back if a later one is
// refused (for example if others have used up the quota meanwhile) or the process ends before it. A move that is
// refused so stays half done (RFC 6851 §3.3). Flags and internal dates are kept. Needs `insert` on the destination; a
// copy `read` on the source, a move `delete_messages` and `expunge` (RFC 6851 §4.2). Refuses no_such_mailbox,
// invalid_name, over_quota, not_permitted (also if the source is gone or may not be seen: no_such_mailbox is the
// destination's); the destination is checked first, even if there is nothing to copy.
Operation<Copied> copy_messages(Access from, UidSet targets, TargetMailbox to, std::int64_t now);
Operation<Copied> move_messages(Access from, UidSet targets, TargetMailbox to, std::int64_t now);

// A message's row, without content.
struct Message {
    Uid uid;
    Flags flags;
    ModSeq modseq;
    std::int64_t internal_date = 0;
    std::int32_t internal_zone_minutes = 0;
    std::int64_t saved_at = 0;
    std::uint64_t size_octets = 0;
    BlobId blob;
    std::string summary;  // this and the ids only if asked for
    ObjectIds ids;
};

// A mailbox for a session that selects it: one snapshot.
struct MailboxView {
    UidSet uids;  // exactly those that exist
    Uid uid_next;
    ModSeq highest_modseq;
    std::optional<Uid> first_unseen;
};
Query<MailboxView> view_mailbox(Access access);
// Only its uids.
Query<UidSet> mailbox_uids(Access access);

// Sizes of the messages that POP3 sends with another size than stored; ascending by UID.
struct MessageTextSizes {
    Uid uid;
    TextSizes sizes;
};
Query<std::vector<MessageTextSizes>> read_text_sizes(Access access);

// What is read of messages besides their rows.
struct MessageParts {
    bool summary = false;
    bool ids = false;
    // As in read_messages(access, targets, true, ...).
    constexpr MessageParts(bool with_summary, bool with_ids = false) : summary(with_summary), ids(with_ids) {}
};

// Messages among targets, ascending, at most `most`; only those with modseq > changed_since. One call is one snapshot:
// a long FETCH calls again after the last UID.
Query<std::vector<Message>> read_messages(Access access, UidSet targets, MessageParts parts, std::size_t most,
                                          ModSeq changed_since = {});

// A message during a scan. The views are valid only during that call.
struct ScannedRow {
    Uid uid;
    std::uint8_t system_flags = 0;
    std::string_view keywords;  // KeywordSet's octets
    ModSeq modseq;
    std::int64_t internal_date = 0;
    std::int32_t internal_zone_minutes = 0;
    std::int64_t saved_at = 0;
    std::uint64_t size_octets = 0;
    BlobId blob;
    std::string_view summary;  // this and the ids only if asked for
    ObjectIds ids;

    Flags flags() const { return {system_flags, KeywordSet(std::string(keywords))}; }
};
using SeeMessage = std::function<bool(const ScannedRow&)>;
// Calls `see` with the messages that read_messages would return, until it returns false. Returns how many. `see` runs
// on the reader's thread, in the snapshot.
Query<std::size_t> scan_messages(Access access, UidSet targets, MessageParts parts, std::size_t most,
                                 ModSeq changed_since, SeeMessage see);

// Changes after `since` that the session must report (RFC 7162 §3.2.6).
struct MailboxChanges {
    // No more than is reported of one: there may be as many as messages.
    struct Changed {
        Uid uid;
        Flags flags;
        ModSeq modseq;
    };
    ModSeq highest_modseq;
    Uid uid_next;
    UidSet vanished;               // expunged after `since`
    std::vector<Changed> changed;  // rows with modseq > since, old and new, ascending UID
};
Query<MailboxChanges> mailbox_changes(Access access, ModSeq since);

// The targets that were expunged after `since`; if that is no longer recorded, all that do not exist (RFC 7162 §3.2.6).
Query<UidSet> expunged_uids(Access access, UidSet targets, ModSeq since);

// The keywords of the mailbox's owner: index = number in KeywordSet. For others alone those that messages here have:
// the rest are empty, since they are of mailboxes that may not be theirs to see.
Query<std::vector<std::string>> list_keywords(Access access);

}  // namespace storage
