// Changes of mailboxes as parts of an operation. For storage/*.cpp only: mailboxes.h has the operations that they are
// by themselves, and says what they refuse; mailbox_edits.h those of several at once. Names are in normal form.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/mailboxes.h"
#include "storage/result.h"

namespace storage {

// Of an account so many are remembered.
inline constexpr std::size_t removed_mailboxes_per_account = 1'000;

Result<Mailbox> create_within(engine::Batch& batch, AccountId actor, const std::string& name, SpecialUse use);
Result<std::monostate> remove_within(engine::Batch& batch, AccountId actor, const std::string& name);
// Not for INBOX, whose messages move instead.
Result<Renamed> rename_within(engine::Batch& batch, AccountId actor, const std::string& from_name,
                              const std::string& to_name);
Result<std::monostate> subscribe_within(engine::Batch& batch, AccountId account, const std::string& name,
                                        bool subscribed);

// Something of the mailbox itself has changed, not of its messages. The account's MODSEQ for it is known.
void mark_changed(engine::Connection& connection, MailboxId mailbox, ModSeq modseq);

}  // namespace storage
