// Messages that JMAP no longer shows (RFC 8621 §4.1.1): expunged, moved away, or marked \Deleted. For storage/*.cpp
// only: inside an operation. emails.h tells the changes from them.
#pragma once

#include <cstdint>

#include "storage/engine/connection.h"
#include "storage/types.h"

namespace storage {

// Before the rows are removed, or marked \Deleted, at `modseq`: those that are shown until then.
void note_hidden(engine::Connection& connection, AccountId account, MailboxId mailbox, Uid first, Uid last,
                 ModSeq modseq);

// The same for a mailbox with so many messages, which is deleted at once. If they are too many to be noted in one step,
// no changes before this can be told any more.
void hide_mailbox(engine::Connection& connection, AccountId account, MailboxId mailbox, std::uint32_t messages,
                  ModSeq modseq);

}  // namespace storage
