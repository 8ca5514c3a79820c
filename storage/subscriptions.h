// Subscriptions follow a mailbox to its new name. For storage/*.cpp only: inside an operation.
#pragma once

#include <map>
#include <string>

#include "storage/engine/batch.h"
#include "storage/types.h"

namespace storage {

// Renamed mailboxes of one account: old name, new name.
using NewNames = std::map<std::string, std::string>;

// Subscriptions to the old names become subscriptions to the new ones, for the owner and for others, who name it "Other
// Users/<owner>/...": after RENAME the mailbox must not vanish from clients that show only subscribed ones. `shared`:
// others have rights on some of them.
void follow_rename(engine::Batch& batch, AccountId owner, const NewNames& names, bool shared);

// INBOX and its subscription stay when it is renamed; the mailbox that gets its messages is subscribed too.
void subscribe_like_inbox(engine::Batch& batch, AccountId account, const std::string& name);

}  // namespace storage
