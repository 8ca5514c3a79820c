// Which mailboxes LIST and LSUB show, and with which attributes. RFC 3501 §6.3.8, §6.3.9; RFC 5258 §3; RFC 6154; RFC
// 4314 §4 (mailboxes of others). Choosing is pure: it is given all mailboxes and subscriptions. Printing is
// wire/response/response.h's. Special uses and children are always told, asked for or not (CLIENTS.md 1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "storage/mailboxes.h"

namespace imap {

// The mailboxes that an account may look up, its own and others', and its subscribed names, of one snapshot.
struct MailboxNames {
    std::vector<storage::Mailbox> mailboxes;
    std::vector<std::string> subscriptions;
};
storage::Query<MailboxNames> read_mailbox_names(storage::AccountId account);

struct Listed {
    std::string name;
    const storage::Mailbox* mailbox = nullptr;  // null: there is none of that name
    std::vector<std::string_view> attributes;
    bool selected = true;  // by the options; false: shown for what is below it alone (RECURSIVEMATCH)
    bool child_subscribed = false;
};

// In the order of names, INBOX first. The result views mailboxes.
std::vector<Listed> list_mailboxes(const wire::List& command, const std::vector<storage::Mailbox>& mailboxes,
                                   const std::vector<std::string>& subscriptions);

// LSUB: subscribed names that fit; under '%' also superiors of such, with \Noselect (RFC 3501 §6.3.9).
std::vector<Listed> list_subscribed(const wire::Lsub& command, const std::vector<storage::Mailbox>& mailboxes,
                                    const std::vector<std::string>& subscriptions);

}  // namespace imap
