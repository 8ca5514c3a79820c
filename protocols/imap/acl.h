// What the commands about access control lists name. RFC 4314 §3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/mailboxes.h"
#include "storage/rights.h"

namespace imap {

// An identifier made ready for comparison (RFC 4314 §3: SASLprep); nothing where that fails or leaves nothing: BAD.
std::optional<std::string> prepare_identifier(std::string_view identifier);

// A mailbox that the account may administer, and the entry that a prepared identifier stands for.
struct AclSubject {
    storage::Mailbox mailbox;
    storage::RightsEntry entry;
};
// Refuses no_such_mailbox, not_permitted, no_such_account.
storage::Query<AclSubject> find_acl_subject(storage::AccountId account, std::string mailbox, std::string identifier);

}  // namespace imap
