// NOTIFY at work: what it lets the client hear of mailboxes that it has not selected, and what it wants of the selected
// one. RFC 5465 §3.1, §5, §5.8. What is news is notify/notifier.h's to say; here the store is asked and the client
// told.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/connection/connection.h"
#include "protocols/imap/wire/command.h"
#include "storage/result.h"
#include "storage/types.h"

namespace imap {

class Selection;
struct AccountState;
struct News;
struct Notification;

class MailboxNews {
  public:
    MailboxNews(const Connection& connection, const Selection& selection)
        : connection_(connection), selection_(selection) {}

    // What the client has asked for; without NOTIFY it hears of its selected mailbox alone, when it asks.
    bool listens() const;          // changes are told between commands, too
    bool waits() const;            // something has been announced and not looked at
    bool tells_selected() const;   // changes of the selected mailbox are wanted
    bool tells_flags() const;      // those of its flags, too
    bool delays_expunges() const;  // its expunges wait for a command that allows them (RFC 5465 §6.1.2)
    const std::vector<wire::FetchItem>& fetch_atts() const;  // of its new messages

    // A NOTIFY that can be obeyed, with what it finds there; the mailboxes are watched from here on.
    struct Prepared {
        std::shared_ptr<Notification> notification;
        std::shared_ptr<const AccountState> state;  // null where no other mailboxes are named
        std::shared_ptr<News> news;
    };
    // Refuses too_many, and what the store does.
    asio::awaitable<storage::Result<Prepared>> prepare(const wire::Notify& command);
    // It takes effect, in the place of the one before.
    asio::awaitable<void> begin(Prepared prepared);
    void forget() { notification_.reset(); }

    // Looks at what has been announced, and tells it.
    asio::awaitable<void> tell();
    // The client itself changes the mailbox of this name (empty: the server's metadata), or these messages: no news.
    void caused(const std::string& name);
    void caused(storage::MailboxId mailbox, storage::ModSeqStep step);
    void caused_renaming(const std::string& from, const std::string& to);

  private:
    asio::awaitable<void> look();
    asio::awaitable<void> tell(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state);
    asio::awaitable<void> tell_names(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state);
    void overflow();
    void watch_owners(Notification& notification);

    Connection connection_;
    const Selection& selection_;
    std::shared_ptr<Notification> notification_;  // since the first NOTIFY
};

}  // namespace imap
