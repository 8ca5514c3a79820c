// Changes message rows together with the counters over them. For storage/*.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/messages.h"
#include "storage/types.h"

namespace storage {

// The target mailbox; a name needs an actor. Refuses no_such_mailbox and invalid_name only for names: an id may be of a
// mailbox that no longer exists.
Result<MailboxId> find_destination(engine::Batch& batch, const Actor& actor, const TargetMailbox& destination);

// The columns of a message that do not depend on its mailbox.
struct MessageRow {
    Flags flags;
    std::int64_t internal_date = 0;
    std::int32_t zone_minutes = 0;
    std::int64_t saved_at = 0;
    std::uint64_t size_octets = 0;
    BlobId blob;
};

// What is removed from a mailbox and its account.
struct Sums {
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t size_octets = 0;
    std::uint64_t deleted_octets = 0;
    void add(std::uint8_t flags, std::uint64_t size);
};

// Refuses no_such_mailbox; too_many if UIDs run out; over_quota if the account has no room. freed: what the same
// operation removes from the same account, so that only the difference needs room.
Result<std::monostate> check_room(engine::Batch& batch, MailboxId mailbox, std::uint64_t octets, std::size_t messages,
                                  const Sums& freed = {});

// Inserts the row under the mailbox's next UID and updates the counters. The mailbox must exist and have room.
Uid insert_message(engine::Batch& batch, MailboxId mailbox, const MessageRow& row, ModSeq modseq);

// The next MODSEQ for a change in this mailbox, which must exist; extends the step to it.
ModSeq change_mailbox(engine::Batch& batch, MailboxId mailbox, ModSeqStep& step);

// Records in message_bucket which UIDs of a mailbox were changed at one MODSEQ. The UIDs must be given in ascending
// order and exist.
class ChangeMarks {
  public:
    ChangeMarks(engine::Connection& connection, MailboxId mailbox, ModSeq modseq)
        : connection_(connection), mailbox_(mailbox), modseq_(modseq) {}
    void mark(Uid uid);

  private:
    engine::Connection& connection_;
    MailboxId mailbox_;
    ModSeq modseq_;
    std::optional<std::uint32_t> marked_;  // the last bucket
};

// The same for an inserted message, and its internal date.
void mark_inserted(engine::Connection& connection, MailboxId mailbox, Uid uid, ModSeq modseq,
                   std::int64_t internal_date);

// Deletes the buckets that are empty after removing these UIDs.
void forget_empty_buckets(engine::Connection& connection, MailboxId mailbox, const UidSet& removed);

// Collects the chosen rows of a mailbox, seen in ascending UID order, as runs without any other row in between: one
// statement can then handle a whole run.
class RowRuns {
  public:
    void take(Uid uid);             // this row is chosen
    void skip() { open_ = false; }  // the next row is not
    const std::vector<UidSet::Range>& runs() const { return runs_; }

  private:
    std::vector<UidSet::Range> runs_;
    bool open_ = false;
};

// Removes the rows in these runs, which are `uids`, and records them as expunged at `modseq`; the sweep looks at their
// blobs. The caller updates the counters.
void remove_rows(engine::Batch& batch, MailboxId mailbox, const RowRuns& rows, const UidSet& uids, ModSeq modseq);

void subtract_from_counters(engine::Batch& batch, MailboxId mailbox, const Sums& sums);

// An expunge, done slice by slice.
struct Expunging {
    Uid done;  // targets up to here are done
    Expunged outcome;
};

// The next slice: expunges targets after `work.done`. True if it was the last.
bool expunge_slice(engine::Batch& batch, MailboxId mailbox, const UidSet& targets, bool only_deleted, Expunging& work);

}  // namespace storage
