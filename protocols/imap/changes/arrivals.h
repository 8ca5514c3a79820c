// What NOTIFY and UPDATE want to be fetched of messages that are new in the selected mailbox. RFC 5465 §5.2, §7.
#pragma once

#include <asio/awaitable.hpp>
#include <vector>

#include "protocols/imap/connection/connection.h"
#include "protocols/imap/search/update_context.h"
#include "protocols/imap/wire/fetch_item.h"
#include "storage/types.h"

namespace imap {

class MailboxNews;
class Selection;

class Arrivals {
  public:
    Arrivals(const Connection& connection, Selection& selection, const MailboxNews& news)
        : connection_(connection), selection_(selection), news_(news) {}

    // EXISTS has told of these.
    void note(const storage::UidSet& uids) { arrived_.merge(uids); }
    // The client has put these there itself: it knows them.
    void note_own(const storage::UidSet& uids) { own_.merge(uids); }
    void clear();

    // One FETCH response for each that has been noted. `changes`: what has become of the selection's contexts by them.
    asio::awaitable<void> tell(const std::vector<ContextChange>& changes);

  private:
    asio::awaitable<void> fetch(storage::UidSet uids, std::vector<wire::FetchItem> items);

    Connection connection_;
    Selection& selection_;
    const MailboxNews& news_;
    storage::UidSet arrived_;
    storage::UidSet own_;
};

}  // namespace imap
