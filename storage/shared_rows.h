// Small look-ups and inserts shared by several files. For storage/*.cpp only: inside a query or operation. Names must
// be in normal form (normal_names.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/accounts.h"
#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/mailboxes.h"
#include "storage/types.h"

namespace storage {

std::optional<AccountId> account_id(engine::Connection& connection, std::string_view name);
std::optional<MailboxId> mailbox_id(engine::Connection& connection, AccountId account, std::string_view name);
bool domain_is_ours(engine::Connection& connection, std::string_view domain);
bool alias_exists(engine::Connection& connection, std::string_view name);

// A new generation of the account's credentials, with this password; its sessions notice. accounts.cpp.
void put_new_password(engine::Batch& batch, AccountId account, const Credentials& credentials);

// Inserts the row with a new UIDVALIDITY, greater than any that the account has had. The account must exist and the
// name be free. Announces nothing: the caller calls change_account(), which gives the MODSEQ.
Mailbox insert_mailbox(engine::Batch& batch, AccountId account, std::string name, SpecialUse use, ModSeq modseq);

// After RENAME, INBOX keeps its metadata and the new mailbox gets a copy (RFC 5464 §4.1) of the account's own, which
// its limit is for; others may see other mailboxes. Refuses too_many. metadata.cpp.
Result<std::monostate> copy_inbox_metadata(engine::Connection& connection, AccountId account, MailboxId to,
                                           const MetadataLimits& limits);

// Removes the mailbox from its account at once: counters, lock and marks too. The sweep removes its messages. Announces
// nothing: the caller has called change_account(), at whose MODSEQ its messages are gone.
void drop_mailbox(engine::Batch& batch, MailboxId mailbox);

}  // namespace storage
