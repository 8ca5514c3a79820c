// RENAME of INBOX: its messages go to a new mailbox and INBOX stays, empty (RFC 9051 §6.3.6). In slices, so that a
// delivery does not wait behind a large INBOX; what arrives meanwhile stays in INBOX. For mailboxes.cpp alone.
#pragma once

#include "storage/engine/batch.h"
#include "storage/mailboxes.h"
#include "storage/types.h"

namespace storage {

class InboxMove {
  public:
    // To `target`, which is new and empty; saved there at `now` (RFC 8514 §3).
    InboxMove(engine::Batch& batch, AccountId account, MailboxId target, std::int64_t now);

    bool target_exists(engine::Batch& batch) const { return batch.mailbox(target_) != nullptr; }

    // Moves some messages; true when all are moved that were there at the start, or INBOX is gone. The target exists.
    bool move_slice(engine::Batch& batch);

    // What has become of INBOX.
    const Renamed& done() const { return done_; }

  private:
    MailboxId inbox_;
    MailboxId target_;
    std::int64_t now_ = 0;
    Uid end_;  // UIDNEXT of INBOX at the start
    Renamed done_;
};

}  // namespace storage
