// Which mailboxes LIST and LSUB show, and with which attributes. RFC 3501 §6.3.8, §6.3.9; RFC 5258 §3; RFC 6154; RFC
// 4314 §4 (mailboxes of others). Choosing is pure: it is given all mailboxes and subscriptions. Printing is
// wire/response/response.h's. Special uses and children are always told, asked for or not (CLIENTS.md 1).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "storage/mailboxes.h"

namespace imap {

// The mailboxes that an account may look up, its own and others', and its subscribed names, of one snapshot.
struct MailboxNames {
    std::vector<storage::Mailbox> mailboxes;
    std::vector<std::string> subscriptions;  // ascending by their octets
};
storage::Query<MailboxNames> read_mailbox_names(storage::AccountId account);

struct Listed {
    std::string name;
    const storage::Mailbox* mailbox = nullptr;  // null: there is none of that name
    std::vector<std::string_view> attributes;
    bool selected = true;  // by the options; false: shown for what is below it alone (RECURSIVEMATCH)
    bool child_subscribed = false;
};

// LIST at work: off the network thread where there are many mailboxes, in slices that take a few milliseconds. What
// it finds is in the order of names, INBOX first, and views the names that it was given.
class MailboxLister {
  public:
    MailboxLister(wire::List command, std::shared_ptr<const MailboxNames> names);
    // LSUB: subscribed names that fit; under '%' also superiors of such, with \Noselect (RFC 3501 §6.3.9).
    MailboxLister(wire::Lsub command, std::shared_ptr<const MailboxNames> names);
    ~MailboxLister();

    // More than is done in passing.
    bool is_much() const;
    // The next slice; false: that was the last one.
    bool go_on();
    std::vector<Listed> take_listed();

  private:
    struct Work;
    std::unique_ptr<Work> work_;
};

// All of it at once.
std::vector<Listed> list_mailboxes(const wire::List& command, const MailboxNames& names);
std::vector<Listed> list_subscribed(const wire::Lsub& command, const MailboxNames& names);

}  // namespace imap
