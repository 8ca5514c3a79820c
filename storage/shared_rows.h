// Small look-ups and row makers that several nouns share. For storage/*.cpp only: they run inside a query or operation.
// Names are taken in their normal form (normal_names.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/mailboxes.h"
#include "storage/types.h"

namespace storage {

std::optional<AccountId> account_id(engine::Connection& connection, std::string_view name);
std::optional<MailboxId> mailbox_id(engine::Connection& connection, AccountId account, std::string_view name);
bool domain_is_ours(engine::Connection& connection, std::string_view domain);
bool alias_exists(engine::Connection& connection, std::string_view name);

// Inserts the row with a fresh UIDVALIDITY, greater than any that the account has given before. The account exists, the
// name is free. Gives no notice: the caller's change_account() does, whose MODSEQ it is given.
Mailbox insert_mailbox(engine::Batch& batch, AccountId account, std::string name, SpecialUse use, ModSeq modseq);

// Takes the mailbox out of its account at once: its counters, lock and marks. Its messages wait for the sweep. Gives no
// notice.
void drop_mailbox(engine::Batch& batch, MailboxId mailbox);

}  // namespace storage
