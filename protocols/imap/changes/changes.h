// What has changed in the selected mailbox, and telling it when it may be told. RFC 3501 §5.2, §7.3, §7.4.1; RFC 7162
// §3.2. A signal from the store carries no data: what has changed is read, taken in by the selected mailbox, and told.
// What this client has done itself is known from its outcome and read only where others have come between.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string_view>

#include "protocols/imap/changes/arrivals.h"
#include "protocols/imap/connection/connection.h"
#include "protocols/imap/mailbox/mailbox_watch.h"
#include "storage/store.h"
#include "storage/types.h"

namespace imap {

class MailboxNews;
class Selection;
struct Updates;

class Changes {
  public:
    // All of these outlive it.
    Changes(const Connection& connection, Selection& selection, MailboxNews& news)
        : connection_(connection), selection_(selection), news_(news), arrivals_(connection, selection, news) {}

    // From here on changes of this mailbox are noted. It is selected next.
    void watch(storage::AccountId owner, storage::MailboxId mailbox);
    // The selection ends, and all that hangs on it.
    void unselect();

    // Whether something has been announced and not read.
    bool stale() const;
    // Reads what has changed in the selected mailbox, if anything has, and tells it.
    asio::awaitable<void> sync(bool expunges_allowed);
    // The same at a command's end, how far the client has come, where that is in doubt, and news of other mailboxes.
    asio::awaitable<void> catch_up(bool expunges_allowed);
    // This client itself has put these messages there.
    void caused(storage::MailboxId mailbox, const storage::UidSet& uids, storage::ModSeqStep step);

    // Whether changes are told between commands, too: while idling, or once NOTIFY asks for it.
    bool listens() const;
    bool has_news() const;  // which no signal announces any more
    // Tells what a signal has announced, at such a moment.
    asio::awaitable<void> push();

  private:
    asio::awaitable<void> take_in_changes();
    void take_in_deletion();
    asio::awaitable<void> claim_recent();
    asio::awaitable<void> tell_noted(bool expunges_allowed);
    asio::awaitable<void> tell(Updates updates);
    void say_standing();

    Connection connection_;
    Selection& selection_;
    MailboxNews& news_;
    Arrivals arrivals_;
    std::shared_ptr<MailboxWatch> watch_;  // of the selected mailbox: its changes raise the signal
    storage::Subscription subscription_;
    bool stale_ = false;      // changes were announced and could not be read yet
    bool held_back_ = false;  // a HIGHESTMODSEQ below what we know was told
};

}  // namespace imap
