// Sends the FETCH responses for new messages that NOTIFY and UPDATE ask for. RFC 5465 §5.2, §7.
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

    // EXISTS has announced these.
    void note(const storage::UidSet& uids) { arrived_.merge(uids); }
    // The client itself has stored these, so it is not told of them.
    void note_own(const storage::UidSet& uids) { own_.merge(uids); }
    void clear();

    // One FETCH response for each noted message. `changes`: how they changed the results of the update contexts.
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
