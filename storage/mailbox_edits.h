// Mailboxes as JMAP changes and counts them: by id, several properties at once. RFC 8621 §2. mailboxes.h has them as
// IMAP does, by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/mailboxes.h"
#include "storage/query.h"

namespace storage {

// Where a mailbox lies.
struct MailboxPlace {
    std::optional<MailboxId> parent;  // none: at the top level
    std::string name;                 // of this level alone
    friend bool operator==(const MailboxPlace&, const MailboxPlace&) = default;
};

// What is to become of a mailbox; what is not given stays.
struct MailboxEdit {
    std::optional<MailboxPlace> place;
    std::optional<SpecialUse> use;
    std::optional<std::uint32_t> sort_order;
    std::optional<bool> subscribed;  // by the actor
};

// Makes one; the edit has its place. Refuses no_such_mailbox (the parent), and as create_mailbox and subscribe_mailbox;
// conflict if another mailbox has that special use.
Operation<Mailbox> make_mailbox(AccountId actor, AccountId owner, MailboxEdit edit);
// All or nothing. Refuses no_such_mailbox (it, or the new parent), and as rename_mailbox and subscribe_mailbox,
// conflict likewise. INBOX stays where it is.
Operation<std::monostate> edit_mailbox(Access access, MailboxEdit edit);
// Refuses as delete_mailbox; conflict if it has messages that are not \Deleted, unless these are to go too.
Operation<std::monostate> destroy_mailbox(Access access, bool with_messages);

// The mailboxes that an account has no longer, of those that it had after this MODSEQ.
struct RemovedMailbox {
    MailboxId id;
    ModSeq created_modseq;  // as in Mailbox
    ModSeq removed_modseq;
};
struct RemovedMailboxes {
    std::vector<RemovedMailbox> mailboxes;  // in the order of their removal
    ModSeq complete_from;                   // what was removed up to this MODSEQ may be forgotten
};
Query<RemovedMailboxes> list_removed_mailboxes(AccountId account);

// The Emails of a mailbox and their Threads (RFC 8621 §2). An Email is a content with an internal date, so one that
// lies there twice counts once; what is \Deleted does not count. Unread: without \Seen and \Draft. A long read.
struct EmailCounts {
    std::uint64_t emails = 0;
    std::uint64_t unread_emails = 0;
    std::uint64_t threads = 0;
    std::uint64_t unread_threads = 0;  // with an unread Email in this mailbox
    friend bool operator==(const EmailCounts&, const EmailCounts&) = default;
};
// Refuses no_such_mailbox, also without the right to read it.
Query<EmailCounts> count_emails(Access access);

}  // namespace storage
