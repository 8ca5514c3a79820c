// The mailboxes that an ESEARCH looks into, and each of them as it is searched. RFC 7377 §2.2; rights: RFC 4314.
// The selected mailbox is none of this: it is searched as its client knows it.
#pragma once

#include <string>
#include <vector>

#include "protocols/imap/mailbox/selected_mailbox.h"
#include "protocols/imap/wire/mailbox_filter.h"
#include "storage/mailboxes.h"

namespace imap {

// Those that the account may read, and look up unless it has named them. None twice; what does not exist is left out.
storage::Query<std::vector<storage::Mailbox>> read_search_sources(storage::AccountId account,
                                                                  std::vector<wire::MailboxFilter> asked);

// A mailbox as a client would see it that selects it now.
struct SearchedMailbox {
    SelectedMailbox mailbox;
    std::vector<std::string> keywords;  // of its owner, by number
};
// `mailbox` as read_search_sources gave it. Refuses no_such_mailbox, also where the account may no longer read it.
storage::Query<SearchedMailbox> look_into(storage::AccountId account, storage::Mailbox mailbox);

}  // namespace imap
