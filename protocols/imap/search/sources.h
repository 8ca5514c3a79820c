// The mailboxes that an ESEARCH searches, and the view of each. RFC 7377 §2.2; rights: RFC 4314. Not for the selected
// mailbox, which is searched as its client knows it.
#pragma once

#include <string>
#include <vector>

#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/wire/mailbox_filter.h"
#include "storage/mailboxes.h"

namespace imap {

// The mailboxes that the account may read and, unless it names them, look up. None twice; missing ones are left out.
storage::Query<std::vector<storage::Mailbox>> read_search_sources(storage::AccountId account,
                                                                  std::vector<wire::MailboxFilter> asked);

// A mailbox as a newly selecting client would see it.
struct SearchedMailbox {
    SelectedMailbox mailbox;
    std::vector<std::string> keywords;  // of its owner, indexed by number
};
// `mailbox` from read_search_sources. Refuses no_such_mailbox, also if the account may no longer read it.
storage::Query<SearchedMailbox> look_into(storage::AccountId account, storage::Mailbox mailbox);

}  // namespace imap
