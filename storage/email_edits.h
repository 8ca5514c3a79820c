// Changing Emails (emails.h): what JMAP does to one is done to all of its messages, in one commit. RFC 8621 §4.6. Each
// of them needs the rights that IMAP's commands need there (messages.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/emails.h"
#include "storage/messages.h"

namespace storage {

// What is to change.
struct EmailEdit {
    NamedFlags add;     // to every message of it
    NamedFlags remove;  // from every message of it
    std::vector<MailboxId> into;
    std::vector<MailboxId> out_of;
};

// Flags first; then a message is moved for each mailbox of both kinds, else copied or expunged. What is so already
// stays. Refuses no_such_message; no_such_mailbox, also for another account's; conflict, if it would be nowhere; and
// what the operations of messages.h refuse.
Operation<std::monostate> edit_email(EmailAccess access, std::string id, EmailEdit edit, std::int64_t now);

// Expunges all of its messages that the actor sees. Refuses no_such_message, not_permitted.
Operation<std::monostate> destroy_email(EmailAccess access, std::string id);

// Puts a new Email into these mailboxes, at least one. Refuses already_exists, with the Email's id as text, if the
// account has this content with this date; else like append_messages.
Operation<Email> add_email(EmailAccess access, std::vector<MailboxId> mailboxes, NewMessage message, std::int64_t now);

}  // namespace storage
