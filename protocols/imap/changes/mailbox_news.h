// Runs NOTIFY: which changes of other mailboxes, and of the selected one, the client wants. RFC 5465 §3.1, §5, §5.8.
// notify/notifier.h decides what is news; here the store is read and responses are written.
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

    // What the client has asked for; without NOTIFY only changes of the selected mailbox are reported, at its commands.
    bool listens() const;          // changes are reported between commands, too
    bool waits() const;            // something was announced and not handled yet
    bool tells_selected() const;   // changes of the selected mailbox are wanted
    bool tells_flags() const;      // also those of its flags
    bool delays_expunges() const;  // its expunges wait for a command that allows them (RFC 5465 §6.1.2)
    const std::vector<wire::FetchItem>& fetch_atts() const;  // of its new messages

    // A valid NOTIFY with the present state; its mailboxes are watched from now on.
    struct Prepared {
        std::shared_ptr<Notification> notification;
        std::shared_ptr<const AccountState> state;  // nullptr if it names no other mailboxes
        std::shared_ptr<News> news;
    };
    // Refuses too_many, and what the store refuses.
    asio::awaitable<storage::Result<Prepared>> prepare(const wire::Notify& command);
    // Makes it effective, replacing the one before.
    asio::awaitable<void> begin(Prepared prepared);
    void forget() { notification_.reset(); }

    // Handles what was announced, and reports it.
    asio::awaitable<void> tell();
    // The client itself changes the mailbox of this name (empty: the server's metadata), or these messages: not news.
    void note_own_change(const std::string& name);
    void note_own_change(storage::MailboxId mailbox, storage::ModSeqStep step);
    void note_own_rename(const std::string& from, const std::string& to);

  private:
    asio::awaitable<void> look();
    asio::awaitable<void> report(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state);
    asio::awaitable<void> report_names(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state);
    void overflow();
    void watch_owners(Notification& notification);

    Connection connection_;
    const Selection& selection_;
    std::shared_ptr<Notification> notification_;  // since the first NOTIFY
};

}  // namespace imap
