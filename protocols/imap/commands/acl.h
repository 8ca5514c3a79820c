// What the commands about access control lists name: Session::acl_subject. RFC 4314 §3.
#pragma once

#include <string>

#include "storage/mailboxes.h"
#include "storage/rights.h"

namespace imap {

// A mailbox that the account may administer, and the entry that an identifier stands for.
struct AclSubject {
    storage::Mailbox mailbox;
    storage::RightsEntry entry;
};

}  // namespace imap
