// The mailboxes that LIST and LSUB show, with their attributes. RFC 3501 §6.3.8, §6.3.9; RFC 5258 §3; RFC 6154;
// RFC 4314 §4 (mailboxes of others). Choosing is pure: all mailboxes and subscriptions are passed in.
// wire/response/response.h writes the responses. Special uses and children are always included (CLIENTS.md 1).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "protocols/net/allowance.h"
#include "storage/mailboxes.h"

namespace imap {

// The mailboxes that an account may look up, its own and others', and its subscribed names; from one snapshot.
struct MailboxNames {
    std::vector<storage::Mailbox> mailboxes;
    std::vector<std::string> subscriptions;   // sorted by octets
    net::Hold memory{net::Resource::memory};  // for them, and for what a lister makes of them
};
// With an allowance they count as its connection's memory: refuses too_many if that is not to be had.
storage::Query<MailboxNames> read_mailbox_names(storage::AccountId account,
                                                std::shared_ptr<net::Allowance> allowance = nullptr);
// The same if there are at most so many; else nullopt: then they are to be read in the long lane.
storage::Query<std::optional<MailboxNames>> read_few_mailbox_names(storage::AccountId account, std::size_t most,
                                                                   std::shared_ptr<net::Allowance> allowance);

// Views names that were read.
struct Listed {
    std::string_view name;
    const storage::Mailbox* mailbox = nullptr;  // nullptr: there is none of that name
    std::vector<std::string_view> attributes;
    bool selected = true;  // by the options; false: shown only because of a mailbox below it (RECURSIVEMATCH)
    bool child_subscribed = false;
};

// Runs LIST in slices of a few milliseconds; with many mailboxes outside the network thread. The result is in the order
// of names, INBOX first, and views the names passed in.
class MailboxLister {
  public:
    MailboxLister(wire::List command, std::shared_ptr<const MailboxNames> names);
    // LSUB: subscribed names that match; with '%' also their superiors, as \Noselect (RFC 3501 §6.3.9).
    MailboxLister(wire::Lsub command, std::shared_ptr<const MailboxNames> names);
    ~MailboxLister();

    // Too much work for the network thread.
    bool is_much() const;
    // Does the next slice; false: it was the last one.
    bool go_on();
    std::vector<Listed> take_listed();

  private:
    struct Work;
    std::unique_ptr<Work> work_;
};

}  // namespace imap
