// RENAME of INBOX: its messages go to a new mailbox and INBOX stays, empty (RFC 9051 §6.3.6). Done in slices, so that a
// delivery does not wait for a large INBOX; messages that arrive meanwhile stay in INBOX. For mailboxes.cpp only.
#pragma once

#include "storage/engine/batch.h"
#include "storage/mailboxes.h"
#include "storage/types.h"

namespace storage {

class InboxMove {
  public:
    // To `target`, which is new and empty; `now` becomes the save date there (RFC 8514 §3).
    InboxMove(engine::Batch& batch, AccountId account, MailboxId target, std::int64_t now);

    bool target_exists(engine::Batch& batch) const { return batch.mailbox(target_) != nullptr; }

    // Moves some messages; true if all that were there at the start are moved, or INBOX is gone. The target must exist.
    bool move_slice(engine::Batch& batch);

    // The result so far.
    const Renamed& done() const { return done_; }

  private:
    MailboxId inbox_;
    MailboxId target_;
    std::int64_t now_ = 0;
    Uid end_;  // UIDNEXT of INBOX at the start
    Renamed done_;
};

}  // namespace storage
