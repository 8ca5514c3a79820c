// The mailboxes that NOTIFY and ESEARCH mean by "personal", "subtree" and so on. RFC 5465 §6, RFC 7377 §2.2. Pure, and
// fast to ask. The session handles the selected mailbox.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "protocols/imap/wire/mailbox_filter.h"

namespace imap {

using NameSet = std::set<std::string, std::less<>>;

class MailboxFilter {
  public:
    explicit MailboxFilter(const wire::MailboxFilter& asked);
    // own: not another account's (RFC 5465 §6.2). False for the selected mailbox.
    bool fits(const std::string& name, bool own, bool subscribed) const;
    // The names given by the client, in normal form.
    const NameSet& names() const { return names_; }

  private:
    wire::MailboxFilter::Kind kind_;
    NameSet names_;
};

// The name of the superior mailbox; empty if there is none.
std::string superior_of(const std::string& name);
// Whether one of these is the name, or a superior of it.
bool is_in_subtree(const NameSet& tops, std::string_view name);

}  // namespace imap
