// Reports changes of the selected mailbox, at moments when that is allowed. RFC 3501 §5.2, §7.3, §7.4.1; RFC 7162 §3.2.
// The store's signal carries no data: changes are read, passed to the selected mailbox, and reported. The client's own
// changes are known from their results, and read only if others have made changes in between.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string_view>

#include "protocols/imap/changes/arrivals.h"
#include "protocols/imap/connection/connection.h"
#include "protocols/imap/mailbox/mailbox_watch.h"
#include "storage/result.h"
#include "storage/store.h"
#include "storage/types.h"

namespace imap {

class MailboxNews;
class Selection;
struct Updates;

class Changes {
  public:
    // All of these must outlive it.
    Changes(const Connection& connection, Selection& selection, MailboxNews& news)
        : connection_(connection), selection_(selection), news_(news), arrivals_(connection, selection, news) {}

    // Watches this mailbox for changes. Call it before selecting the mailbox.
    void watch(storage::AccountId owner, storage::MailboxId mailbox);
    // Ends the selection, with everything that belongs to it.
    void unselect();

    // Whether a change was announced but not read yet.
    bool stale() const;
    // Reads the changes of the selected mailbox, if there are any, and reports them.
    asio::awaitable<void> sync(bool expunges_allowed);
    // Before a command that uses messages: the same, or, if NOTIFY has excluded the selected mailbox, only whether it
    // is still there and may be read.
    asio::awaitable<void> look(bool expunges_allowed);
    // The same as sync at a command's end; also a HIGHESTMODSEQ that the client may have wrong, and news of other
    // mailboxes.
    asio::awaitable<void> catch_up(bool expunges_allowed);
    // This client itself has stored these messages.
    void note_own_change(storage::MailboxId mailbox, const storage::UidSet& uids, storage::ModSeqStep step);

    // Whether changes are reported between commands, too: while idling, or if NOTIFY asks for it.
    bool listens() const;
    bool has_news() const;  // that no signal will announce any more
    // Reports what a signal has announced, between commands.
    asio::awaitable<void> push();

  private:
    struct Seen;
    asio::awaitable<void> take_in_changes();
    asio::awaitable<storage::Result<Seen>> read_changes();
    void take_in_deletion();
    asio::awaitable<void> claim_recent();
    asio::awaitable<void> tell_noted(bool expunges_allowed);
    // What has been taken in and may be told now.
    asio::awaitable<void> tell_taken_in(bool expunges_allowed);
    asio::awaitable<void> tell(Updates updates);
    void say_standing();

    Connection connection_;
    Selection& selection_;
    MailboxNews& news_;
    Arrivals arrivals_;
    std::shared_ptr<MailboxWatch> watch_;  // of the selected mailbox: its changes raise the signal
    storage::Subscription subscription_;
    bool stale_ = false;      // changes were announced but could not be read yet
    bool held_back_ = false;  // the client was told a HIGHESTMODSEQ below the one we know
};

}  // namespace imap
