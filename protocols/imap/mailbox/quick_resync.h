// Compares a returning client's QRESYNC parameter with the mailbox, so that only news must be sent. RFC 7162 §3.2.5.1
// (known UIDs), §3.2.5.2 (message sequence match data). Pure. commands/select.cpp reads the store and writes the
// responses.
#pragma once

#include "protocols/imap/mailbox/message_numbers.h"
#include "protocols/imap/wire/command.h"
#include "storage/types.h"

namespace imap {

// The UIDs whose expunges and flag changes the client asks for; all if it names none.
storage::UidSet asked_uids(const wire::QuickResync& resync);

// The client knows of every expunge up to this UID: the last pair of its match data that agrees with `numbers`. 0:
// none.
storage::Uid known_up_to(const wire::QuickResync& resync, const MessageNumbers& numbers);

// `uids` without those up to `last`.
storage::UidSet behind(const storage::UidSet& uids, storage::Uid last);

}  // namespace imap
