// The maildrop's lock and the delete marks of the POP3 session that holds it (RFC 1939 §4, §6). They lie in the store.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "storage/messages.h"

namespace storage {

// A maildrop as a POP3 session uses it, for every door to see.
struct MaildropUse {
    std::string holder;  // the session that has it locked; empty: none has
    UidSet marked;       // what that session's QUIT will remove
};
Query<MaildropUse> maildrop_use(MailboxId maildrop);

// Takes the exclusive lock on the account's INBOX for `owner` (a session id). Refuses in_use, no_such_account. Whoever
// is refused can watch the account: giving the lock back is told like any change.
// Locks and marks of sessions that a crash ended are gone at start.
Operation<MailboxId> lock_maildrop(AccountId account, std::string owner);
// Marks a message deleted / unmarks all (DELE, RSET). Prompt.
Operation<std::monostate> mark_deleted(MailboxId maildrop, std::string owner, Uid uid);
// The same for several; those that are gone are passed over.
Operation<std::monostate> mark_deleted(MailboxId maildrop, std::string owner, UidSet uids);
Operation<std::monostate> unmark_all(MailboxId maildrop, std::string owner);
// UPDATE: expunges what is marked and gives the lock back, in one synced commit.
// `untold` are marks that the session has not told yet.
Operation<Expunged> update_maildrop(MailboxId maildrop, std::string owner, UidSet untold = {});
// Ends the session in any other way: marks vanish, nothing is expunged.
Operation<std::monostate> release_maildrop(MailboxId maildrop, std::string owner);

}  // namespace storage
