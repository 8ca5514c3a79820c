// Subscriptions that follow a mailbox to its new name. For storage/*.cpp only: they run inside an operation.
#pragma once

#include <map>
#include <string>

#include "storage/engine/batch.h"
#include "storage/types.h"

namespace storage {

// Mailboxes of one account that have got other names: the old ones and the new ones.
using NewNames = std::map<std::string, std::string>;

// Whoever had subscribed to one of them has subscribed to its new name instead, the others who call it
// "Other Users/<owner>/..." too: RENAME keeps the mailbox, and clients that show what is subscribed shall not lose it.
// `shared`: others have rights on some of them.
void follow_rename(engine::Batch& batch, AccountId owner, const NewNames& names, bool shared);

// INBOX stays when it is renamed, and so does its subscription; the mailbox that its messages go to gets one too.
void subscribe_like_inbox(engine::Batch& batch, AccountId account, const std::string& name);

}  // namespace storage
