// Which mailboxes NOTIFY and ESEARCH mean by "personal", "subtree" and their like. RFC 5465 §6, RFC 7377 §2.2. Pure,
// and ready to be asked often. The selected mailbox is the session's to know.
#pragma once

#include <set>
#include <string>

#include "protocols/imap/wire/mailbox_filter.h"

namespace imap {

class MailboxFilter {
  public:
    explicit MailboxFilter(const wire::MailboxFilter& asked);
    // own: not another account's (RFC 5465 §6.2). False for the selected mailbox.
    bool fits(const std::string& name, bool own, bool subscribed) const;
    // That the client gave, in their normal form.
    const std::set<std::string>& names() const { return names_; }

  private:
    wire::MailboxFilter::Kind kind_;
    std::set<std::string> names_;
};

// The name of the mailbox above; empty where there is none.
std::string superior_of(const std::string& name);
// Whether one of these is the name, or a superior of it.
bool is_in_subtree(const std::set<std::string>& tops, std::string name);

}  // namespace imap
