// The maildrop lock and the delete marks of the POP3 session that holds it (RFC 1939 §4, §6), kept in the store.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "storage/messages.h"

namespace storage {

// A POP3 session's use of a maildrop, for other protocols to see.
struct MaildropUse {
    std::string holder;  // the session that holds the lock; empty: none
    UidSet marked;       // what that session's QUIT will expunge
};
Query<MaildropUse> maildrop_use(MailboxId maildrop);

// Takes the exclusive lock on the account's INBOX for `owner` (a session id). Refuses in_use, no_such_account. To wait
// for the lock, subscribe to the account: its release is announced like any change. Locks and marks of sessions that
// ended in a crash are removed at start.
Operation<MailboxId> lock_maildrop(AccountId account, std::string owner);
// Marks a message deleted / unmarks all (DELE, RSET). Prompt.
Operation<std::monostate> mark_deleted(MailboxId maildrop, std::string owner, Uid uid);
// The same for several messages; those that are gone are skipped.
Operation<std::monostate> mark_deleted(MailboxId maildrop, std::string owner, UidSet uids);
Operation<std::monostate> unmark_all(MailboxId maildrop, std::string owner);
// UPDATE: expunges marked messages slice by slice, and releases the lock with the last; synced. If it fails between two
// slices, the messages of later ones stay, with their marks and the lock. `untold` are marks that were not stored yet.
Operation<Expunged> update_maildrop(MailboxId maildrop, std::string owner, UidSet untold = {});
// Ends the session in any other way: marks are dropped, nothing is expunged.
Operation<std::monostate> release_maildrop(MailboxId maildrop, std::string owner);

}  // namespace storage
