// Message rows and the counters that they are summed up in, as several operations change them. For storage/*.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/messages.h"
#include "storage/types.h"

namespace storage {

// The mailbox that is meant; a name needs an actor. Refuses no_such_mailbox and invalid_name, of names alone: an id may
// be of a mailbox that is gone.
Result<MailboxId> find_destination(engine::Batch& batch, const Actor& actor, const TargetMailbox& destination);

// The columns of a message that do not follow from where it lies.
struct MessageRow {
    Flags flags;
    std::int64_t internal_date = 0;
    std::int32_t zone_minutes = 0;
    std::int64_t saved_at = 0;
    std::uint64_t size_octets = 0;
    BlobId blob;
};

// What leaves a mailbox and its account.
struct Sums {
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t size_octets = 0;
    std::uint64_t deleted_octets = 0;
    void add(std::uint8_t flags, std::uint64_t size);
};

// Refuses no_such_mailbox; too_many, when UIDs run out; over_quota, if the account cannot take so much more. freed:
// what leaves the same account in the same operation, so that only what it has more in the end needs room.
Result<std::monostate> check_room(engine::Batch& batch, MailboxId mailbox, std::uint64_t octets, std::size_t messages,
                                  const Sums& freed = {});

// Inserts the row under the mailbox's next UID, and counts it there and in the account. The mailbox exists and has
// room.
Uid insert_message(engine::Batch& batch, MailboxId mailbox, const MessageRow& row, ModSeq modseq);

// The next MODSEQ for a change in this mailbox, which exists; the step goes on to it.
ModSeq change_mailbox(engine::Batch& batch, MailboxId mailbox, ModSeqStep& step);

// Remembers for message_bucket which UIDs of a mailbox have been put in or changed at one MODSEQ. They come in
// ascending order, and each of them exists.
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

// Forgets the buckets that these removed UIDs have left empty.
void forget_empty_buckets(engine::Connection& connection, MailboxId mailbox, const UidSet& removed);

// UIDs of rows of one mailbox as they are met in ascending order, gathered in runs between which there is no other row:
// one statement can then take a whole run.
class RowRuns {
  public:
    void take(Uid uid);             // this row is meant
    void skip() { open_ = false; }  // the next one met is not
    const std::vector<UidSet::Range>& runs() const { return runs_; }

  private:
    std::vector<UidSet::Range> runs_;
    bool open_ = false;
};

// Removes the rows in these runs, which are `uids`, and remembers them as expunged at `modseq`; their blobs go to the
// sweep. Counters are the caller's.
void remove_rows(engine::Batch& batch, MailboxId mailbox, const RowRuns& rows, const UidSet& uids, ModSeq modseq);

void subtract_from_counters(engine::Batch& batch, MailboxId mailbox, const Sums& sums);

}  // namespace storage
